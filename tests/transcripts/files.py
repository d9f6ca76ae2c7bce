"""Transcript files: reading them, and writing one exchange anew."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = Path(__file__).parent
MARKER = "=== reply"


@dataclass(frozen=True)
class Exchange:
    """A title, comments, a request, and the reply that must come."""

    title: str
    line: int
    comments: tuple[str, ...]
    request: str
    reply: str

    @property
    def whole(self) -> bool:
        """Whether a long body stands in the file in full."""
        return "# whole" in self.comments

    @property
    def lines(self) -> str:
        """Which lines of a body are compared; empty for all."""
        return "".join(comment[len("# lines: ") :] for comment in self.comments if comment.startswith("# lines: "))

    def text(self) -> str:
        return "\n".join([f"### {self.title}", *self.comments, self.request, "", MARKER, self.reply, ""])


@dataclass(frozen=True)
class Transcript:
    """A file: what its server needs, and its exchanges in order."""

    path: Path
    head: str
    exchanges: tuple[Exchange, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    def lines(self, key: str) -> list[str]:
        """What the comments at the top say under a key."""
        return re.findall(rf"^# {key}: (.+)$", self.head, re.MULTILINE)

    @property
    def options(self) -> tuple[str, ...]:
        """Options of ``mockserver serve``."""
        return tuple(shlex.split(" ".join(self.lines("serve"))))

    @property
    def needs(self) -> str:
        """What only our own server can do; empty for a file that any WSGI server can pass."""
        return ", ".join(self.lines("needs"))

    def text(self) -> str:
        return "\n".join([self.head, *(exchange.text() for exchange in self.exchanges)])

    def with_replies(self, replies: list[str]) -> Transcript:
        pairs = zip(self.exchanges, replies, strict=True)
        return replace(self, exchanges=tuple(replace(exchange, reply=reply) for exchange, reply in pairs))


def read(path: Path) -> Transcript:
    text = path.read_text(encoding="utf-8")
    head, *parts = re.split(r"^### ", text, flags=re.MULTILINE)
    line, exchanges = head.count("\n") + 1, []
    for part in parts:
        exchanges.append(_exchange(part, line, path))
        line += part.count("\n")
    return Transcript(path, head.rstrip("\n") + "\n", tuple(exchanges))


def _exchange(part: str, line: int, path: Path) -> Exchange:
    title, _, rest = part.partition("\n")
    asked, marker, reply = rest.partition(f"{MARKER}\n")
    if not marker:
        raise ValueError(f"{path.name}:{line}: the exchange must have a line {MARKER!r}, got none")
    lines = asked.split("\n")
    comments = []
    while lines and lines[0].startswith("#"):
        comments.append(lines.pop(0))
    return Exchange(title, line, tuple(comments), "\n".join(lines).rstrip("\n"), reply.rstrip("\n"))


def transcripts() -> list[Transcript]:
    """All files, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.http"))]
