"""Every exchange of tests/transcripts/*.http, over a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transcripts import files
from tests.transcripts.files import Transcript
from tests.transcripts.fronts import OTHER, Fronts
from tests.transcripts.running import differences, replay

TRANSCRIPTS = files.transcripts()


@pytest.fixture(scope="session")
def fronts() -> Iterator[Fronts]:
    with Fronts() as found:
        yield found


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=[transcript.name for transcript in TRANSCRIPTS])
def test_the_server_answers_as_written_down(transcript: Transcript, fronts: Fronts) -> None:
    if OTHER and transcript.needs:
        pytest.skip(f"needs {transcript.needs}")
    replies = replay(transcript, fronts.port(transcript.options))
    assert not (told := list(differences(transcript, replies))), "\n\n".join(told)


def test_a_file_is_read_and_written_without_change() -> None:
    for transcript in TRANSCRIPTS:
        assert transcript.text() == transcript.path.read_text(encoding="utf-8"), transcript.path.name
