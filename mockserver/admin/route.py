"""What a route of the control API is; ``routes.py`` has the table of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from flask import Response

PREFIX = "/__admin"


class Route(NamedTuple):
    """One method of one path below ``/__admin``, and the function that answers it: ``handler(control, **path_values)``.

    ``parameters`` are the names that its query may have. A ``probe`` is open to everybody and accepts any parameter. A
    ``page`` is open, too, and not part of the API. A route that ``needs_no_store`` answers while the store is
    unavailable.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Callable[..., Response]
    parameters: tuple[str, ...] = ()
    kind: Literal["api", "probe", "page"] = "api"
    needs_no_store: bool = False

    @property
    def endpoint(self) -> str:
        """The name under which Flask knows the route."""
        return f"{self.method} {self.path}"

    @property
    def template(self) -> str:
        """The path as specs/control.yaml writes it: ``/requests/{id}``."""
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.path)

    @property
    def is_open(self) -> bool:
        """Whether everybody may call it: it reveals nothing of any sandbox."""
        return self.kind != "api"


def describe_routes(routes: tuple[Route, ...]) -> list[dict[str, Any]]:
    """Each path of the control API with its methods."""
    methods: dict[str, set[str]] = {}
    for route in routes:
        if route.kind != "page":
            methods.setdefault(f"{PREFIX}{route.template}", set()).add(route.method)
    return [{"path": path, "methods": sorted(methods[path])} for path in sorted(methods)]
