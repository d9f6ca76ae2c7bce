"""Everything that handling a call may need and the request does not bring along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..data.catalog import DatasetCatalog
from ..sandbox.registry import Sandboxes
from ..sandbox.settings import Settings
from ..sandbox.store import Store
from ..sandbox.store_url import secrets_of_url
from ..sdk import clock
from ..sdk.contract import Vendor
from ..sdk.dataset import Dataset
from .answer_cache import AnswerCache
from .exchange import Exchange
from .metrics import Metrics
from .redaction import Redactor
from .router import Router
from .spec_basis import SpecBasis


@dataclass
class Runtime:
    """A server without its sockets. ``start`` is each vendor's data at the start; ``observers`` see every exchange."""

    settings: Settings
    vendors: tuple[Vendor, ...]
    sandboxes: Sandboxes
    store: Store
    start: Mapping[str, Dataset]
    bases: Mapping[str, SpecBasis]
    wall_time: Callable[[], float] = clock.wall_time
    observers: list[Callable[[Exchange], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = (self.settings.control_token or "", *secrets_of_url(self.settings.store))
        self.router = Router(self.vendors)
        self.redactor = Redactor(self.vendors, self.sandboxes.secrets, own)
        self.sandboxes.know_secrets(self.start)
        self.answers = AnswerCache()
        self.metrics = Metrics(self.vendors)
        if self.settings.control:  # nobody else can ask for them
            self.observers.append(self.metrics.count)

    def swap_data(self, catalog: DatasetCatalog, start: Mapping[str, Dataset]) -> None:
        """Serve other data from here on. A call takes its data once, so it sees the old data or the new."""
        self.sandboxes.know_secrets(start)
        self.sandboxes.use_catalog(catalog)
        self.start = start
