"""Our log, of calls and of whatever else it tells, as text to look at."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mockserver.engine import access_log


@contextmanager
def logged(form: str) -> Iterator[io.StringIO]:
    """Where the log goes in this form (``text`` or ``json``); afterwards it goes where it went before."""
    root = logging.getLogger("mockserver")
    before = root.handlers[:], root.level, root.propagate
    access_log.configure_logging(form)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream := io.StringIO())
    yield stream
    root.handlers[:], level, root.propagate = before
    root.setLevel(level)
