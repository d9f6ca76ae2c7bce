"""Names of sandboxes; and of datasets and scenarios, which are also names of files."""

from __future__ import annotations

import re

WANTED_NAME = "1 to 64 letters, digits, '.', '_' or '-'"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def is_name(text: str) -> bool:
    """Whether a sandbox may have this name."""
    return _NAME.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Whether a dataset or a scenario may have this name: a file without its suffix, not hidden."""
    return is_name(text) and not text.startswith(".")
