"""The folder of temporary files, and the error if none can be created."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from mockserver.sdk.errors import InvalidSetting
from mockserver.server import tempfiles


def test_files_are_in_memory_if_the_system_offers_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfiles, "MEMORY_FOLDER", str(tmp_path))
    assert tempfiles.find_folder() == str(tmp_path)
    monkeypatch.setattr(tempfiles, "MEMORY_FOLDER", str(tmp_path / "none"))
    assert tempfiles.find_folder() is None


def test_a_file_has_no_name_and_is_open_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfiles, "MEMORY_FOLDER", str(tmp_path))
    file = tempfiles.open_file()
    try:
        assert os.write(file, b"!") == os.fstat(file).st_size == 1
        assert list(tmp_path.iterdir()) == []
    finally:
        os.close(file)


def test_that_no_file_can_be_made_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfiles, "MEMORY_FOLDER", str(tmp_path / "none"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none, either"))
    with pytest.raises(
        InvalidSetting, match=r"^no temporary file can be made \(No such file or directory\); TMPDIR names"
    ):
        tempfiles.open_file()
