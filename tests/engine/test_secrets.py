"""Secrets planted anywhere in a call never appear in the server's output or log.

Accounts are data of a sandbox. Only ``accounts``, ``export`` (fixtures hold credentials) and the example calls of
``vendors`` and ``sandboxes/{name}`` show them. No output shows a secret that was only sent, the control token or the
store's password.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as some

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.cli.run import judge
from mockserver.engine import access_log
from mockserver.engine.journal import Journal
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.settings import make_settings
from mockserver.testing.report import describe_calls, describe_findings
from tests.support.client import WALL
from tests.support.logged import logged
from tests.support.servers import PROGRAM

VENDORS = shelf.find_vendors()
TOKEN = "the-control-token-Of-this-Run/1"
OWN = {vendor.name: f"an-account-Of-{vendor.name}-that-Control-made" for vendor in VENDORS}
BOX = "box"
SCENARIO = "credential-of-a-Scenario-file-00001"
LIVE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLWl0"
LETTERS = some.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="~")
SECRET = some.text(LETTERS, min_size=9, max_size=30).map(lambda text: f"Zq{text}9w")
"""One that is nowhere else: no text of ours has these four letters at its ends."""

HEADERS = (
    "Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Apikey", "Auth-Key", "Token",
    "X-Mock-Control-Token", "X-Forwarded-Access-Token", "X-Amz-Security-Token", "X-Client-Secret",
    "X-Goog-Iap-Jwt-Assertion",
)  # fmt: skip
PARAMETERS = ("key", "token", "api_key", "access_token", "apikey", "client_secret", "password", "X-Amz-Security-Token")
BODIES = ('{{"token": {0}}}', '{{"login": {{"password":{0}}}}}', "api_key={1}&page=1", "<!-- -->&client_secret={1}")
EVERYWHERE = ("path", "path encoded", "value", "name", "header", "cookie", "body", "upper", "lower", "again")
"""Where a copy of a secret may be that stands where one belongs."""
BESIDE = {"header", "cookie", "body"}
"""Of these the places that no vendor's body repeats to its caller: Spring tells the path."""


@dataclass(frozen=True)
class Planted:
    """A call with a secret in or near a place for secrets, and copies elsewhere."""

    vendor: int
    secret: str
    place: str
    name: str
    form: str
    copies: frozenset[str]
    suffixed: bool
    sandboxed: str
    prefer: str = ""
    address: str = "known"


@dataclass
class Watched:
    """A server with its log, and a sandbox whose accounts, faults and scenario hold secrets."""

    app: Flask
    log: io.StringIO
    used: set[str] = field(default_factory=set)

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.extensions["mockserver"]
        return found

    def control(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Status, and all that comes back: headers and body."""
        sent = {"X-Mock-Control-Token": TOKEN, "X-Mock-Sandbox": BOX, **headers}
        data = None if body is None else json.dumps(body)
        kind = None if body is None else "application/json"
        reply = self.app.test_client().open(
            f"/__admin{path}", method=method, headers=sent, data=data, content_type=kind
        )
        text = reply.get_data(as_text=True)
        reply.close()
        return reply.status_code, "\n".join((text, *map(": ".join, reply.headers)))


SCENARIO_FILE = {
    "description": "One account is refused.",
    "faults": [
        {"vendor": VENDORS[0].name, "status": 503, "match": {"credential": SCENARIO}},
        {"vendor": VENDORS[0].name, "status": 503, "match": {"headers": {"X-Client-Secret": SCENARIO}}},
    ],
}


@pytest.fixture(scope="module", params=["text", "json"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "refused.yaml").write_text(json.dumps(SCENARIO_FILE), encoding="utf-8")
    own = make_settings({"control_token": TOKEN, "scenarios": folder}, {})
    with logged(request.param) as stream:
        found = Watched(create_app(own, wall=lambda: WALL), stream)
        found.runtime.observers.append(access_log.make_observer(request.param, stream))
        yield found


def begin(watched: Watched) -> None:
    """A sandbox anew, with accounts of its own and a rule for each of their credentials."""
    watched.log.seek(0)
    watched.log.truncate()
    for name in list(watched.runtime.store.sandboxes()):
        watched.runtime.store.remove(name)
    assert watched.control("PUT", "/scenarios/active", {"name": "refused"})[0] == 200
    for vendor in VENDORS:
        listed = json.loads(watched.control("GET", f"/accounts/{vendor.name}")[1].partition("\n")[0])["accounts"]
        listed[1 % len(listed)][vendor.credential.key] = OWN[vendor.name]
        assert watched.control("PUT", f"/accounts/{vendor.name}", {"accounts": listed})[0] == 200
        rule = {"vendor": vendor.name, "status": 429, "match": {"credential": OWN[vendor.name]}, "probability": 0.5}
        assert watched.control("POST", "/faults", rule)[0] == 201


def send(watched: Watched, call: Planted) -> tuple[int, str]:
    """Such a call; status, and all that comes back."""
    vendor, secret = VENDORS[call.vendor], call.secret
    carried = f"{secret}~{BOX}" if call.suffixed else secret
    headers, query = dict[str, str](), ["page=1"]
    data, kind = None, None
    if call.place == "own":
        headers |= vendor.credential.write(carried)
    elif call.place == "basic":
        headers["Authorization"] = "Basic " + base64.b64encode(f"user:{secret}".encode()).decode()
    elif call.place == "header":
        headers[call.name] = {"Cookie": f"theme=dark; session={carried}"}.get(call.name, carried)
    elif call.place == "query":
        query.append(f"{call.name}={quote(carried, safe='')}")
    else:
        data = call.form.format(json.dumps(secret), quote(secret, safe=""))
        kind = "application/json" if data.startswith("{") else "application/x-www-form-urlencoded"
    if call.sandboxed == "header":
        headers["X-Mock-Sandbox"] = BOX
    if call.prefer:
        headers["Prefer"] = call.prefer
    documented = vendor.operations[0].path.replace("{", "").replace("}", "")
    path = {"known": f"/{vendor.name}{documented}", "unknown": f"/{vendor.name}/no/such", "nobody's": "/no/such"}
    target = (f"/__sandbox/{BOX}" if call.sandboxed == "url" else "") + path[call.address]
    target += f"/{quote(secret, safe='')}" if "path" in call.copies else ""
    target += "/" + "".join(f"%25{ord(letter):02x}" for letter in secret) if "path encoded" in call.copies else ""
    query += [f"note={quote(secret, safe='')}"] * (("value" in call.copies) + ("again" in call.copies))
    query += [f"{quote(secret, safe='')}=1"] * ("name" in call.copies)
    query += [f"up={quote(secret.upper(), safe='')}"] * ("upper" in call.copies)
    query += [f"low={quote(secret.lower(), safe='')}"] * ("lower" in call.copies)
    if "header" in call.copies:
        headers["X-Trace"] = f"trace {secret}"
    if "cookie" in call.copies:
        headers["Cookie"] = f"{headers.get('Cookie', 'a=b')}; copy={secret}"
    if "body" in call.copies and data is None:
        data, kind = f"note: {secret}", "text/plain"
    client = watched.app.test_client(use_cookies=False)  # else it would replace the test's cookies
    reply = client.open(f"{target}?{'&'.join(query)}", method="GET", headers=headers, data=data, content_type=kind)
    text = reply.get_data(as_text=True)
    return reply.status_code, "\n".join((text, *map(": ".join, reply.headers)))


def shapes(secret: str) -> set[str]:
    """A secret as it stands, in other cases, in JSON, in URLs, in base64 (however it falls there), in HTML."""
    cases = {secret, secret.lower(), secret.upper(), secret.swapcase()}
    found = cases | {json.dumps(text)[1:-1] for text in cases} | {repr(text)[1:-1] for text in cases}
    found |= {quote(text, safe=safe) for text in cases for safe in ("", "/", "/:@-._~!$&'()*+,;=")}
    found |= {text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in cases}
    for shift in range(3):
        coded = base64.b64encode(b"x" * shift + secret.encode()).decode()
        found.add(coded[4 if shift else 0 : -4])
    return found


QUESTIONS = ("count", "find", "near-misses")
MAY_TELL = ("/accounts/", "/export/", "/vendors", "/sandboxes/")


def outputs(watched: Watched, call: Planted) -> Iterator[tuple[str, str]]:
    """Each output by name, after such a call."""
    vendor, secret = VENDORS[call.vendor], call.secret
    ask = watched.control
    paths = ["/requests", "/requests/unmatched", "/verdict", "/verdict?format=junit", "/faults", "/settings"]
    paths += ["/sandboxes", "/scenarios", "/clock", "/", "/ready", "/export", f"/fidelity/{vendor.name}"]
    for sandbox in (BOX, "default"):
        for path in paths:
            yield f"{path} of {sandbox}", ask("GET", path, **{"X-Mock-Sandbox": sandbox})[1]
        entries = Journal(watched.runtime.store, sandbox).entries()
        yield f"journal of {sandbox}", json.dumps(entries, default=dict, ensure_ascii=False)
        for entry in entries:
            for path in (f"/requests/{entry['id']}", f"/requests/{entry['id']}/near-misses"):
                yield path, ask("GET", path, **{"X-Mock-Sandbox": sandbox})[1]
        verdict = json.loads(ask("GET", "/verdict", **{"X-Mock-Sandbox": sandbox})[1].partition("\n")[0])
        lines = [*describe_calls(entries, lambda name: ["/"]), *describe_findings(verdict)]
        yield "a test that failed", "\n".join(lines)
    matchers = [
        {"headers": {vendor.credential.header: secret}},
        {"headers": {"X-Client-Secret": {"contains": secret}}, "path": "/no"},
        {"query": {"token": secret}},
        {"headers": {"Authorization": [secret]}},
        {"credential": secret},
    ]
    for matcher in matchers:
        for question in QUESTIONS:
            yield f"{question} {matcher}", ask("POST", f"/requests/{question}", matcher)[1]
        rule = {"vendor": vendor.name, "status": 500, "times": 1, "after": 1000, "match": matcher}
        yield f"a rule {matcher}", ask("POST", "/faults", rule)[1]
    broken = [{vendor.credential.key: secret, "nonsense": 1}, {vendor.credential.key: [secret]}]
    for account in broken:
        yield f"wrong accounts {account}", ask("PUT", f"/accounts/{vendor.name}", {"accounts": [account]})[1]
    for wrong in ({"X-Mock-Control-Token": secret}, {"X-Mock-Control-Token": "", "Authorization": f"Bearer {secret}"}):
        yield "a wrong token", ask("GET", "/requests", **wrong)[1]
    yield "a token in the query", ask("GET", f"/settings?token={quote(secret, safe='')}")[1]
    for page in ("/", "/__docs/", "/__admin/", f"/__docs/specs/{vendor.name}.yaml"):
        reply = watched.app.test_client().get(page, headers={"Accept": "text/html", "X-Mock-Control-Token": TOKEN})
        yield page, reply.get_data(as_text=True)
        reply.close()
    _, lines, junit = judge(watched.runtime)
    yield "mockserver run", "\n".join(lines)
    yield "its JUnit", junit
    yield "the log", watched.log.getvalue()


def planted(vendor: int) -> some.SearchStrategy[Planted]:
    own = OWN[VENDORS[vendor].name]
    return some.builds(
        Planted,
        vendor=some.just(vendor),
        secret=SECRET | some.sampled_from([own, TOKEN, SCENARIO]),
        place=some.sampled_from(["own", "own", "basic", "header", "query", "body"]),
        name=some.sampled_from(PARAMETERS),
        form=some.sampled_from(BODIES),
        copies=some.frozensets(some.sampled_from(EVERYWHERE)),
        suffixed=some.booleans(),
        sandboxed=some.sampled_from(["header", "url", ""]),
        prefer=some.sampled_from(["", "code=429", "code=500", "code=nonsense"]),
        address=some.sampled_from(["known", "known", "unknown", "nobody's"]),
    ).flatmap(
        lambda call: (
            some.sampled_from(HEADERS).map(lambda name: Planted(**{**vars(call), "name": name}))
            if call.place == "header"
            else some.just(call)
        )
    )


def held(watched: Watched, call: Planted) -> None:
    """Make the call and check that no output has its secret or an unsent one."""
    begin(watched)
    _, reply = send(watched, call)
    secrets = {call.secret, TOKEN, SCENARIO, *OWN.values()}
    unwanted = {shape for secret in secrets for shape in shapes(secret)}
    found = [*outputs(watched, call)]
    if call.copies <= BESIDE:
        found.append(("the reply", reply))
    for name, text in found:
        seen = [shape for shape in unwanted if shape in text]
        assert not seen, f"{name} has {seen}: {text[:3000]}"


EVERY = frozenset(EVERYWHERE)


@example(Planted(0, "Zq-of-a-client-9w", "own", "", "", EVERY, False, "header"))
@example(Planted(1, OWN[VENDORS[1].name], "own", "", "", EVERY, True, ""))
@example(Planted(2, "Zq-of-a-client-9w", "basic", "", "", EVERY, False, "url"))
@example(Planted(3, "Zq-of-a-proxy-9w", "header", "X-Forwarded-Access-Token", "", EVERY, False, "header", "code=500"))
@example(Planted(4, 'Zq"of\\a/form=&9w', "body", "", BODIES[1], EVERY, False, "header", "", "unknown"))
@example(Planted(0, "Zq-of-a-body-9w", "body", "", BODIES[0], frozenset({"path"}), False, "header", "", "nobody's"))
@example(Planted(4, TOKEN, "query", "client_secret", "", EVERY, False, "header", "", "nobody's"))
@settings(max_examples=8)
@given(some.sampled_from(range(len(VENDORS))).flatmap(planted))
def test_no_surface_tells_a_secret(watched: Watched, call: Planted) -> None:
    held(watched, call)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=150)
@given(some.sampled_from(range(len(VENDORS))).flatmap(planted))
def test_no_surface_tells_a_secret_at_length(watched: Watched, call: Planted) -> None:
    held(watched, call)


def test_the_places_that_may_tell_accounts_tell_them_and_nobody_without_the_token(watched: Watched) -> None:
    begin(watched)
    vendor = VENDORS[0]
    for path in (f"/accounts/{vendor.name}", f"/export/{vendor.name}"):
        assert OWN[vendor.name] in watched.control("GET", path)[1]
        assert OWN[vendor.name] not in watched.control("GET", path, **{"X-Mock-Control-Token": "x"})[1]
        assert TOKEN not in watched.control("GET", path)[1]


# The commands ---------------------------------------------------------------------------------------------------------

CALLING = """
import json, os, socket, urllib.request
from urllib.error import HTTPError
url = os.environ["MOCKSERVER_URL"]
headers = json.loads(os.environ[f"MOCKSERVER_{VENDOR}_HEADERS"])
for path in ("/no/such", "/no/such?token=" + SECRET, "/__admin/nothing?token=" + SECRET):
    for more in ({}, {"X-Forwarded-Access-Token": SECRET}, {"Cookie": "session=" + SECRET}):
        try:
            urllib.request.urlopen(urllib.request.Request(url + path, headers={**headers, **more}))
        except HTTPError:
            pass
host, port = url.removeprefix("http://").split(":")
for line in ("GET / HTTP/1.1 " + SECRET, "GET / HTTP/1.1\\r\\nApikey " + SECRET, "G\\x01 " + SECRET):
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall((line + "\\r\\n\\r\\n").encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
"""


def test_mockserver_run_tells_no_secret_of_its_command_or_its_environment(tmp_path: Path) -> None:
    """Includes malformed HTTP, which the server below it refuses."""
    vendor, junit = VENDORS[0].name.upper(), tmp_path / "junit.xml"
    secret = "Zq-of-a-client-9w"
    program = CALLING.replace("{VENDOR}", vendor).replace("SECRET", repr(secret))
    environment = {**os.environ, "MOCKSERVER_CONTROL_TOKEN": TOKEN}
    done = subprocess.run(
        [PROGRAM, "run", "--junit", str(junit), "--", sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = done.stdout + done.stderr + junit.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert done.returncode == 0, told
    for shape in shapes(secret) | shapes(TOKEN):
        assert shape not in told
