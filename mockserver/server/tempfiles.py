"""Temporary files that the processes of a server share, in memory where the system offers it.

There neither a full disk nor a read-only one matters.
"""

from __future__ import annotations

import os
from tempfile import TemporaryFile

from ..sdk.errors import InvalidSetting

MEMORY_FOLDER = "/dev/shm"


def find_folder() -> str | None:
    """The folder of such files; None means the default folder of temporary files."""
    return MEMORY_FOLDER if os.path.isdir(MEMORY_FOLDER) and os.access(MEMORY_FOLDER, os.W_OK | os.X_OK) else None


def open_file() -> int:
    """The descriptor of a new file without a name. Raises InvalidSetting."""
    try:
        with TemporaryFile(dir=find_folder()) as made:
            return os.dup(made.fileno())
    except OSError as error:
        raise InvalidSetting(
            f"no temporary file can be made ({error.strerror}); TMPDIR names a folder that can be written."
        ) from None
