"""Writing down what a sandbox of a running server holds, as fixture files that ``validate`` accepts and
``serve --fixtures`` serves.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..testing.client import Client

_SAFE = re.compile(r"\w[\w.-]*/\w[\w.-]*\.(?:yaml|jsonl)", re.ASCII)


def export(client: Client, sandbox: str, out: Path) -> list[Path]:
    """Write ``<vendor>/<dataset>`` for each vendor below ``out``; returns the files.

    Nothing is written before everything was read. Raises Refused, OSError, or ValueError for names that are none.
    """
    held = client.sandbox(sandbox)
    listed = held.send("GET", "/export")
    texts: dict[Path, str] = {}
    for file in listed["files"]:
        if not _SAFE.fullmatch(file["path"]):
            raise ValueError(f"the server names a file {file['path'][:80]!r}, wanted <vendor>/<dataset>.yaml or .jsonl")
        texts[out / file["path"]] = held.export(file["vendor"])
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        for other in {".yaml", ".jsonl"} - {path.suffix}:  # an older export of this dataset, which would win over it
            path.with_suffix(other).unlink(missing_ok=True)
    return list(texts)
