"""Sends transcripts to a server; ``--write`` writes the replies that came, names of files pick some."""

from __future__ import annotations

import sys

from tests.transcripts import files
from tests.transcripts.fronts import OTHER, Fronts
from tests.transcripts.running import differences, replay


def main(arguments: list[str]) -> int:
    write, names = "--write" in arguments, [name for name in arguments if not name.startswith("-")]
    different = 0
    with Fronts() as fronts:
        for transcript in files.transcripts():
            if (names and transcript.name not in names) or (OTHER and transcript.needs):
                continue
            replies = replay(transcript, fronts.port(transcript.options))
            for told in differences(transcript, replies):
                different += 1
                print(told)
            if write:
                transcript.path.write_text(transcript.with_replies(replies).text(), encoding="utf-8")
    print(f"{different} replies {'written' if write else 'differ'}")
    return int(bool(different) and not write)


sys.exit(main(sys.argv[1:]))
