"""Another worker of gunicorn's in place of ours, for whatever our server carries; nothing else is different.

``python -m bench.carrying <worker> mockserver serve …`` is ``mockserver serve …``, ``… <worker> bench.bare …`` is
``python -m bench.bare …``: all else that gunicorn is told is the same, and so is the settled garbage collector.
Delays are carried out as under werkzeug, where a call that waits keeps its thread (or its greenlet) waiting.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

GEVENT = "gevent"
CONNECTIONS = 2048  # at most: a thousand that are delayed, the others, and what is left of a load that is over

# What gunicorn is told in place of our worker. 1,200 threads are enough for a thousand delayed calls and the others.
WORKERS: dict[str, dict[str, Any]] = {
    "sync": {"worker_class": "sync"},
    "gthread with 8 threads": {"worker_class": "gthread", "threads": 8},
    "gthread with 1,200 threads": {"worker_class": "gthread", "threads": 1200},
    GEVENT: {"worker_class": "gevent"},
}


def main(worker: str, module: str, words: Sequence[str]) -> None:
    """Run a module whose server has this worker."""
    if worker == GEVENT:
        import_module("gevent.monkey").patch_all()  # before anybody makes a lock, or keeps the sleep of threads
    from mockserver.engine.wsgi import REPLY
    from mockserver.server import gunicorn
    from mockserver.server.wsgi_faults import Carrier

    class Embedded(gunicorn._Application):
        def __init__(self, app: WSGIApplication, options: dict[str, Any], *others: Any) -> None:
            self._carrier = Carrier(app, REPLY)
            super().__init__(app, {**options, "worker_connections": CONNECTIONS, **WORKERS[worker]}, *others)

        def load(self) -> Any:
            return self._carrier

    sys.argv[1:] = words
    with patch.object(gunicorn, "_Embedded", Embedded):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
