"""Temporary files that the processes of a server share: in memory where the system has a folder for that, for then
neither a full disk nor a read-only one matters.
"""

from __future__ import annotations

import os
from tempfile import TemporaryFile

from ..sdk.errors import InvalidSetting

MEMORY_FOLDER = "/dev/shm"


def find_folder() -> str | None:
    """Where such files are; None stands for the usual folder of temporary files."""
    return MEMORY_FOLDER if os.path.isdir(MEMORY_FOLDER) and os.access(MEMORY_FOLDER, os.W_OK | os.X_OK) else None


def open_file() -> int:
    """The descriptor of a new file without a name, open as long as any process has it. Raises WrongSetting."""
    try:
        with TemporaryFile(dir=find_folder()) as made:
            return os.dup(made.fileno())
    except OSError as error:
        raise InvalidSetting(
            f"no temporary file can be made ({error.strerror}); TMPDIR names a folder that can be written."
        ) from None
