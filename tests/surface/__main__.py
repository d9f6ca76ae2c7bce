"""Prints the public surface; ``--write`` writes it into surface.yaml."""

from __future__ import annotations

import sys

from tests.surface import written
from tests.surface.collected import surface

if "--write" in sys.argv[1:]:
    written.write(surface())
else:
    print(written.as_text(surface()))
