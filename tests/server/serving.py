"""Acme on a real server in a process of its own: ``python -m tests.server.serving <server> <folder> <NAME=seconds>..``.

The server is werkzeug, or gunicorn as the command ``serve`` has it. Its constants are what is given. Prints its port
once it answers. Dripping does not pause.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from pathlib import Path

from mockserver.server import connection, listen, wsgi_faults
from mockserver.server.front import Front
from tests.support.acme import Sandboxed, acme

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is deaf to it
    wsgi_faults.DRIP_PAUSE = 0
    server = sys.argv[1]
    wire = import_module(f"mockserver.server.{server}")
    patient = connection if server == "gunicorn" else wire
    for name, _, seconds in (given.partition("=") for given in sys.argv[3:]):
        assert hasattr(patient, name)
        setattr(patient, name, int(seconds) if seconds.isdecimal() else float(seconds))
    sandboxed = Sandboxed(acme(Path(sys.argv[2])))
    listener = listen.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    wire.run(Front(sandboxed.runtime), listener, lambda: print(port, flush=True))
