"""A reply as text, compared with the text that is written down: what fits is kept, placeholders and all."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from tests.transcripts.files import Exchange
from tests.transcripts.wire import Reply

LONG = 2048
HEAD = 160
PLACEHOLDER = re.compile(r"\{\{(call \d+|number|time|port|version|any)\}\}")
PATTERNS = {
    "number": r"-?\d+(?:\.\d+)?(?:e-?\d+)?",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    "version": r"\d+(?:\.\w+)+",
    "any": r"[\s\S]*",
}
MOVING = (  # what control tells of a run; a reply's headers as the journal has them, too
    (r"\A<!doctype html>[\s\S]*", "<!doctype html>{{any}}"),
    (r'(?<="ms":)[\d.e-]+', "{{number}}"),
    (r'(?<="idleSeconds":)\d+', "{{number}}"),
    (r'(?<="time":")[^"]+', "{{time}}"),
    (r'(?<="instance":")[^"]+', "{{any}}"),
    (r'(?<="X-Mock-Version":")[^"]+', "{{version}}"),
    (r'(?<="version":")\d+\.\d+[^"]*', "{{version}}"),
)
OF_FILES = ("Last-Modified", "Expires", "ETag")


@dataclass
class Run:
    """What a run of a file knows: the server's port, and the ids of calls by their numbers in the file."""

    port: int
    calls: dict[str, str] = field(default_factory=dict)

    def fits(self, expected: str, came: str) -> bool:
        """Whether a text is as written down. Remembers the ids of calls that it meets for the first time."""
        pattern, new = "", dict[str, str]()
        for number, part in enumerate(PLACEHOLDER.split(expected)):
            if number % 2 == 0:
                pattern += re.escape(part)
            elif part == "port":
                pattern += str(self.port)
            elif not part.startswith("call "):
                pattern += PATTERNS[part]
            elif part in new:
                pattern += f"(?P={new[part]})"
            elif known := self.calls.get(part[5:]):
                pattern += re.escape(known)
            else:
                new[part] = f"call{part[5:]}"
                pattern += rf"(?P<{new[part]}>\d+)"
        found = re.fullmatch(pattern, came)
        if found:
            self.calls |= {name[5:]: found[group] for name, group in new.items()}
        return found is not None

    def rewritten(self, exchange: Exchange, reply: Reply) -> str:
        """The reply as text: that which was expected, where it fits, and else what came."""
        if not reply.status:
            return "{{reset}}" if reply.reset else "{{empty}}"
        head, _, body = exchange.reply.partition("\n\n")
        status, *headers = head.split("\n")
        new_body = self._body(body, reply.body, exchange)
        lines = [status if self.fits(status, reply.status) else reply.status]
        lines += self._headers(headers, reply, bool(exchange.lines or PLACEHOLDER.search(new_body)))
        end = ("\n{{reset}}" if new_body else "{{reset}}") if reply.reset else ""
        return "\n".join(lines) + (f"\n\n{new_body}{end}" if new_body or end else "")

    def _headers(self, expected: list[str], reply: Reply, moving: bool) -> list[str]:
        left, kept = list(reply.headers), []
        for line in expected:
            name, _, value = line.partition(": ")
            for header in left:
                if header[0].lower() == name.lower() and self.fits(value, header[1]):
                    left.remove(header)
                    kept.append(line)
                    break
        return kept + [f"{name}: {self._value(name, value, moving)}" for name, value in left]

    def _value(self, name: str, value: str, moving: bool) -> str:
        if name == "X-Mock-Call":
            return self._call(value)
        if name == "X-Mock-Version":
            return "{{version}}"
        if name in OF_FILES:
            return "{{any}}"
        if name == "Content-Length" and moving:
            return "{{number}}"
        return value.replace(f":{self.port}", ":{{port}}")

    def _call(self, value: str) -> str:
        for number, known in self.calls.items():
            if known == value:
                return f"{{{{call {number}}}}}"
        number = str(len(self.calls) + 1)
        self.calls[number] = value
        return f"{{{{call {number}}}}}"

    def _body(self, expected: str, body: bytes, exchange: Exchange) -> str:
        text = body.decode("utf-8", "backslashreplace").replace("\r", "{{cr}}")
        if exchange.lines:
            text = "\n".join(line for line in text.split("\n") if re.search(exchange.lines, line))
        if text.endswith("\n"):
            text = f"{text[:-1]}{{{{newline}}}}"
        if expected.endswith("\n{{reset}}"):
            expected = expected[: -len("\n{{reset}}")]
        moved = self._moved(text)
        if (
            len(text) > LONG
            and not exchange.whole
            and not PLACEHOLDER.search(moved)
            and not PLACEHOLDER.search(expected)
        ):
            digest = hashlib.sha256(body).hexdigest()[:32]
            return f"{text[:HEAD]}\n{{{{body bytes={len(body)} sha256={digest}}}}}"
        return expected if self.fits(expected, text) else moved

    def _moved(self, text: str) -> str:
        """A body with placeholders for what control tells of the run."""
        text = text.replace(f":{self.port}", ":{{port}}")
        for pattern, placeholder in MOVING:
            text = re.sub(pattern, placeholder, text)
        text = re.sub(
            r'("id":|"X-Mock-Call":"|has no call )(\d+)(?=,"time"|"|\.)', lambda m: m[1] + self._call(m[2]), text
        )
        return re.sub(r'(?<="calls":\[)[\d,]+(?=\])', lambda m: re.sub(r"\d+", lambda n: self._call(n[0]), m[0]), text)
