"""Acme on a real server in a process of its own: ``python -m tests.wire.serving <gunicorn|werkzeug> <folder>``.

Prints its port once it answers. Dripping does not pause.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from pathlib import Path

from mockserver.wire import listening, threaded
from tests.acme import Sandboxed, acme

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is deaf to it
    threaded.DRIP_PAUSE = 0
    app = Sandboxed(acme(Path(sys.argv[2]))).app
    listener = listening.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    import_module(f"mockserver.wire.{sys.argv[1]}").run(app, listener, lambda: print(port, flush=True))
