"""The other servers: installed by npm into the work folder, and started for the job."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench import job
from bench.load import HERE, Failed
from bench.servers import Command, free_port

CONFIGURATIONS = HERE / "peers"
NPM = job.WORK / "npm"
JOURNAL = "1000"  # entries, as many as the sandbox keeps by default


@dataclass(frozen=True)
class Peer:
    """Another server. ``package`` is npm's name for it, ``does`` what it does of the job.

    ``files`` are its configurations (where in its folder: which of peers/, or what that is made of), ``words`` its
    command. ``same`` tells whether a reply is as it should be, ours beside it.
    """

    name: str
    package: str
    does: str
    files: Mapping[str, str]
    words: Sequence[str]
    path: str = f"{job.PATH}?{job.SAME}"
    whole: bool = False
    jvm: bool = False
    start_target: bool = True
    checks_key: bool = True  # its value, not only its presence
    same: Callable[[bytes, bytes], bool] = field(default=lambda reply, wanted: json.loads(reply) == json.loads(wanted))

    @property
    def version(self) -> str:
        """As installed."""
        found = json.loads((NPM / "node_modules" / self.package / "package.json").read_text(encoding="utf-8"))
        return str(found["version"])

    def command(self, key: str, reply: bytes) -> Command:
        """The command that starts it, with its configuration for this key and this ready reply."""
        folder, port = job.WORK / "peers" / self.name.lower(), free_port()
        shutil.rmtree(folder, ignore_errors=True)
        records = "[" + ",".join(line.decode() for line in job.lines(job.RECORDS)) + "]"
        values = {
            "@KEY@": key,
            "@RECORDS@": str(folder / "records.json"),
            '"@PORT@"': str(port),
            '"@BODY@"': json.dumps(reply.decode()),
            '"@JSON@"': reply.decode(),
        }
        values['"@FUNCTION@"'] = json.dumps(_fill_in((CONFIGURATIONS / "mountebank.js").read_text("utf-8"), values))
        given = {"reply": reply.decode(), "records": records, "database": f'{{"invoices": {records}}}'}
        for target, source in self.files.items():
            file = folder / target
            file.parent.mkdir(parents=True, exist_ok=True)
            text = given.get(source) or _fill_in((CONFIGURATIONS / source).read_text("utf-8"), values)
            file.write_text(text, encoding="utf-8")
        places = {"{folder}": str(folder), "{npm}": str(NPM / "node_modules"), "{admin}": str(free_port())}
        words = [_fill_in(word, places) for word in self.words]
        return Command(self.name, words, self.path, {"Apikey": key}, port)


def _fill_in(text: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def same_rows(reply: bytes, wanted: bytes) -> bool:
    """Whether a reply without an envelope has the rows of one with it."""
    return bool(json.loads(reply) == json.loads(wanted)["data"])


PEERS = (
    Peer(
        "mountebank",
        "mountebank",
        "the whole job, by injected JavaScript",
        {"imposters.json": "mountebank.json", "records.json": "records"},
        (
            *(
                "{npm}/.bin/mb",
                "--port",
                "{admin}",
                "--configfile",
                "{folder}/imposters.json",
                "--pidfile",
                "{folder}/pid",
            ),
            *("--allowInjection", "--localOnly", "--nologfile", "--loglevel", "error"),
        ),
        whole=True,
    ),
    Peer(
        "WireMock",
        "wiremock",
        "a ready reply, query and key matched",
        {"mappings/job.json": "wiremock.json", "__files/body.json": "reply"},
        (
            *("java", "-jar", "{npm}/wiremock/build/wiremock-standalone-3.13.2.jar"),
            *("--port", "{port}", "--bind-address", "127.0.0.1", "--root-dir", "{folder}", "--disable-banner"),
            *("--max-request-journal-entries", JOURNAL),
        ),
        jvm=True,
        same=lambda reply, wanted: reply == wanted,
    ),
    Peer(
        "Prism",
        "@stoplight/prism-cli",
        "a ready reply, query checked, key present",
        {"openapi.json": "prism.json"},
        ("{npm}/.bin/prism", "mock", "--host", "127.0.0.1", "--port", "{port}", "-v", "error", "{folder}/openapi.json"),
        checks_key=False,
    ),
    Peer(
        "Mockoon",
        "@mockoon/cli",
        "a ready reply, key matched",
        {"environment.json": "mockoon.json"},
        (
            *("{npm}/.bin/mockoon-cli", "start", "--data", "{folder}/environment.json", "--port", "{port}"),
            *("--hostname", "127.0.0.1", "--disable-log-to-file"),
        ),
        same=lambda reply, wanted: reply == wanted,
    ),
    Peer(
        "json-server",
        "json-server",
        "filter, sort and page without the envelope, key matched",
        {"db.json": "database", "key.js": "json-server.js"},
        (
            *("{npm}/.bin/json-server", "{folder}/db.json", "--host", "127.0.0.1", "--port", "{port}", "--quiet"),
            *("--middlewares", "{folder}/key.js"),
        ),
        path="/invoices?_page=2&_limit=10&_sort=total&_order=desc&status=paid",
        start_target=False,
        same=same_rows,
    ),
)


def install() -> None:
    """Install the versions of peers/package.json with npm, once. Raises Failed without npm or Java."""
    missing = [tool for tool in ("node", "npm", "java") if shutil.which(tool) is None]
    if missing:
        wanted = "nodejs, npm and default-jre-headless"
        raise Failed(f"make bench-peers needs {' and '.join(missing)}; on Debian: apt-get install {wanted}.")
    wanted_file, here = CONFIGURATIONS / "package.json", NPM / "package.json"
    done = NPM / "node_modules" / ".package-lock.json"
    if done.exists() and here.exists() and here.read_bytes() == wanted_file.read_bytes():
        return
    NPM.mkdir(parents=True, exist_ok=True)
    shutil.copy(wanted_file, here)
    ended = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error"], cwd=NPM, capture_output=True, text=True
    )
    if ended.returncode:
        here.unlink()
        raise Failed(f"npm install in {NPM} ended with {ended.returncode}: {ended.stderr.strip()}")
