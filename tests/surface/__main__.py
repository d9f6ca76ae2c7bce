"""Prints the public surface; ``--write`` writes it into surface.yaml."""

from __future__ import annotations

import sys

from . import written
from .collected import surface

if "--write" in sys.argv[1:]:
    written.write(surface())
else:
    print(written.as_text(surface()))
