"""Server processes whose only vendor is acme."""

from __future__ import annotations

from pathlib import Path

from mockserver.testing import process
from tests.support.servers import ROOT

ONLY_ACME = """\
from pathlib import Path
from tests.support.acme import acme, only
with only(acme(Path({folder!r}))):
"""


def of_acme(folder: Path) -> str:
    """The program of such a process, in place of ``process.BOOT``."""
    begin, serve = process.BOOT.rsplit("\n", 2)[:2]
    return f"{begin}\nsys.path.append({str(ROOT)!r})\n{ONLY_ACME.format(folder=str(folder))}    {serve}\n"
