"""Replaces our gunicorn worker by another one; nothing else differs.

``python -m bench.carrying <worker> mockserver serve …`` is ``mockserver serve …``, ``… <worker> bench.bare …`` is
``python -m bench.bare …``: gunicorn's other settings and the garbage collector's are the same.
Delays are carried out as under werkzeug, where a call that waits keeps its thread (or its greenlet) waiting.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any
from unittest.mock import patch

GEVENT = "gevent"
CONNECTIONS = 2048  # at most: a thousand delayed ones, the others, and the rest of the previous load

# gunicorn's settings per worker. 1,200 threads suffice for a thousand delayed calls and the others.
WORKERS: dict[str, dict[str, Any]] = {
    "sync": {"worker_class": "sync"},
    "gthread with 8 threads": {"worker_class": "gthread", "threads": 8},
    "gthread with 1,200 threads": {"worker_class": "gthread", "threads": 1200},
    GEVENT: {"worker_class": "gevent"},
}


def main(worker: str, module: str, words: Sequence[str]) -> None:
    """Run a module whose server has this worker."""
    if worker == GEVENT:
        import_module("gevent.monkey").patch_all()  # before any lock exists
    from mockserver.server import gunicorn
    from mockserver.server.front import Front
    from mockserver.server.wsgi_faults import WsgiAdapter

    class Embedded(gunicorn._Application):
        def __init__(self, front: Front, options: dict[str, Any], *others: Any) -> None:
            self._carrier = WsgiAdapter(front)
            super().__init__(front, {**options, "worker_connections": CONNECTIONS, **WORKERS[worker]}, *others)

        def load(self) -> Any:
            return self._carrier

    sys.argv[1:] = words
    with patch.object(gunicorn, "_Application", Embedded):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
