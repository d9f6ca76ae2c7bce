"""Names of sandboxes, and of datasets and scenarios, which are names of files, too."""

from __future__ import annotations

import re

WANTED_NAME = "1 to 64 letters, digits, '.', '_' or '-'"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def is_name(text: str) -> bool:
    """Whether a sandbox may be named so."""
    return _NAME.fullmatch(text) is not None


def is_file_name(text: str) -> bool:
    """Whether a dataset or a scenario may be named so: a file without its suffix, not a hidden one."""
    return is_name(text) and not text.startswith(".")
