"""Where secrets belong in a request, by name or by form: none of them is kept, and neither is a copy elsewhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mockserver.redaction import HIDDEN
from mockserver.toolkit.secrets.places import MAX_NAMES
from mockserver.vendor import Request, Vendor
from tests.acme import BILLS, RICH, Sandboxed, acme

SECRET = "Zq3-nobody-knows-It-9w"
WRAPPED = base64.b64encode(f"someone:{SECRET}".encode()).decode()
INNER = json.dumps({"token": SECRET})


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def kept(server: Sandboxed, request: Request) -> str:
    """All that is kept of a call that repeats the secret in a header and in its path."""
    request = request._replace(path=f"{request.path}/{SECRET}", headers={**request.headers, "x-trace": f"<{SECRET}>"})
    return json.dumps(server.world.redaction.of(request, server.vendor).request)


@pytest.mark.parametrize(
    "body",
    [
        f"token={SECRET}&page=1",
        f"page=1&user%5Bpassword%5D={SECRET}",
        f"%70assword={SECRET}",
        f"payload={quote(INNER)}",
        f"note=a+b&sig={SECRET}",
        f'{{"apiKey": "{SECRET}"}}',
        f'{{"login": {{"credentials": {{"user": "u", "pin": ["{SECRET}"]}}}}}}',
        f'{{"login": {{"credentials": {{"user": "u", "pin": ["{SECRET}"]',
        json.dumps({"payload": INNER}),
        json.dumps({"payload": json.dumps({"inner": INNER})}),
        json.dumps({"payload": json.dumps({"auth": {"who": [SECRET]}})}),
        f'{{"token": "{SECRET}", "token": "{SECRET}x"}}',
        f"[[[[{{'a': 1, 'session': '{SECRET}'}}]]]]",
        f"<login><user>u</user><password>{SECRET}</password></login>",
        f"<ns:Auth><ns:Id a='1'>u</ns:Id><b>{SECRET}</b></ns:Auth>",
        f'<login password="{SECRET}" user="u"/>',
        f"<password><![CDATA[{SECRET}]]></password>",
        f'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        f'--b\r\nContent-Disposition: form-data; name="client_secret"\r\n'
        f"Content-Type: text/plain\r\n\r\n{SECRET}\r\n--b--\r\n",
        f"see https://someone:{SECRET}@example.com/x",
        f"Authorization: Basic {WRAPPED}",
        f"sent with basic {WRAPPED}",
        f"-H 'Authorization: Bearer {SECRET}'",
        f"api-key: {SECRET}",
        f"PGPASSWORD={SECRET} psql",
    ],
)
def test_in_a_body(server: Sandboxed, body: str) -> None:
    shown = kept(server, Request("POST", BILLS, "", {}, body=body.encode()))
    for part in (SECRET, SECRET.lower(), WRAPPED):
        assert part not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "query",
    [
        f"token[]={SECRET}",
        f"pass={SECRET}",
        f"sig={SECRET}&page=1",
        f"X-Amz-Signature={SECRET}",
        f"user[credential][0]={SECRET}",
        f"%73ession={SECRET}",
        f"back={quote(f'https://a.example/?a=1&token={SECRET}')}",
        f"back={quote(quote(f'https://a.example/?a=1&token={SECRET}'))}",
        f"filter={quote(INNER)}",
        f"store={quote(f'redis://:{SECRET}@host:6379/0')}",
    ],
)
def test_in_a_query(server: Sandboxed, query: str) -> None:
    assert SECRET not in kept(server, Request("GET", BILLS, query))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("referer", f"https://app.example/page?session={SECRET}&a=1"),
        ("referer", f"https://app.example/page;jsessionid={SECRET}/more?a=1"),
        ("x-original-uri", f"/v3/bills?a=1&access_token={SECRET}"),
        ("x-original-uri", f"/v3/bills?a=1&access_token={quote(SECRET)}".replace("-", "%2D")),
        ("x-forwarded-for", f"http://someone:{SECRET}@10.0.0.1"),
        ("x-debug", f"Basic {WRAPPED}"),
        ("x-debug", f"retry with Bearer {SECRET}"),
        ("x-context", INNER),
        ("x-hub-signature-256", SECRET),
        ("x-session", SECRET),
        ("proxy-authorization", f"Basic {WRAPPED}"),
        ("cookie", f"a=b; sid={SECRET}; c=d"),
    ],
)
def test_in_a_header(server: Sandboxed, name: str, value: str) -> None:
    shown = kept(server, Request("GET", BILLS, "", {name: value}))
    assert SECRET not in shown
    assert WRAPPED not in shown


def test_in_a_parameter_of_the_path(server: Sandboxed) -> None:
    told = server.world.redaction.of(Request("GET", f"{BILLS};jsessionid={SECRET}/more;v=1", f"q={SECRET}"))
    assert told.request["path"] == f"{BILLS};jsessionid={HIDDEN}/more;v=1"
    assert told.request["query"] == {"q": HIDDEN}


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        (Request("GET", BILLS, "filter[status]=paid&at=2026-01-01T10:00:00Z"), {"query": {"filter[status]": "paid"}}),
        (
            Request("GET", BILLS, "q=Basic+Internet"),
            {"query": {"q": "Basic Internet"}},
        ),
        (Request("GET", BILLS, "", {"referer": "https://a.example/x?page=2"}), {"headers": {}}),
        (Request("POST", BILLS, body=b'{"design": {"author": "someone", "passenger": "one"}}'), {}),
        (Request("POST", BILLS, body=b'{"token": null, "password": "", "auth": false}'), {}),
    ],
)
def test_what_is_no_secret_is_kept_as_it_is(server: Sandboxed, request_: Request, shown: dict[str, Any]) -> None:
    told = server.world.redaction.of(request_, server.vendor).request
    assert HIDDEN not in json.dumps(told, default=dict)
    assert told["body"].encode() == request_.body
    assert told["query"].items() >= shown.get("query", {}).items()


def test_a_part_with_too_many_names_or_secrets_is_masked_whole(server: Sandboxed) -> None:
    redaction = server.world.redaction
    many = "&".join(f"n{number}=1" for number in range(MAX_NAMES + 1))
    told = redaction.of(Request("GET", BILLS, f"{many}&token={SECRET}", {"x-a": "b"}, body=b"a=1"))
    assert told.request["url"] == f"{BILLS}?{HIDDEN}="
    assert (told.request["body"], told.request["headers"]) == ("a=1", {"x-a": "b"})
    for body in (f"{many}&token={SECRET}", "&".join(f"token={SECRET}{number}" for number in range(300))):
        told = redaction.of(Request("GET", BILLS, f"a={SECRET}0", {"x-a": "b"}, body=body.encode()))
        assert told.request["body"] == HIDDEN
        assert told.request["headers"] == {"x-a": "b"}
    nested = "[" * 5000 + ",".join('{"token":1}' for _ in range(MAX_NAMES + 1))
    assert redaction.of(Request("GET", BILLS, body=nested.encode())).request["body"] == HIDDEN


# Secrets that are known ---------------------------------------------------------------------------------------------


def other_vendor(folder: Path, secret: str) -> Vendor:
    other = acme(folder, name="bolt")
    file = folder / "bolt" / "default.yaml"
    file.write_text(file.read_text().replace(RICH, secret))
    return other


@pytest.mark.parametrize("place", ["path", "query", "header", "body", "reply"])
def test_secrets_of_every_vendor_and_sandbox_and_of_the_server_are_known(
    vendor: Vendor, tmp_path: Path, place: str
) -> None:
    """Whichever vendor and sandbox is called, and as soon as they are there."""
    token, theirs, own, password = "the-token-of-Control", "secret-of-Bolt", "secret-of-a-Sandbox", "of-the-St%40re"
    server = Sandboxed(vendor, other_vendor(tmp_path, theirs), control_token=token)
    server.world.redaction._known.add(password)
    accounts = {"accounts": [{"account": "rich", "secret": own}, {"account": "poor", "secret": None}]}
    headers = {"X-Mock-Control-Token": token}
    assert server.control("PUT", "/accounts/bolt", accounts, sandbox="elsewhere", headers=headers).status == 200
    for secret in (token, theirs, own, password):
        sent: dict[str, Any] = {"target": BILLS, "headers": {}}
        if place in ("path", "reply"):
            sent["target"] = f"/v3/{quote(secret, safe='')}"
        elif place == "query":
            sent["target"] = f"{BILLS}?q={quote(secret, safe='')}"
        elif place == "header":
            sent["headers"] = {"X-Trace": f"of {secret.upper()}"}
        else:
            server.app.test_client().post(BILLS, data=f"<{secret}>", content_type="text/plain")
        if place != "body":
            server.get(**sent)
        entry = json.dumps(dict(server.world.store.entries("default")[-1][1]), default=dict)
        assert secret.casefold() not in entry.casefold()
        assert quote(secret, safe="").casefold() not in entry.casefold()


def test_a_secret_that_no_account_has_any_more_is_no_secret(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for secrets in (("of-the-first-account", None), ("of-the-next-account", None)):
        accounts = [{"account": name, "secret": secret} for name, secret in zip(("rich", "poor"), secrets, strict=True)]
        assert server.control("PUT", "/accounts/acme", {"accounts": accounts}).status == 200
    redaction = server.world.redaction
    assert redaction.text("of-the-first-account of-the-next-account") == f"of-the-first-account {HIDDEN}"
    assert server.control("POST", "/reset").status == 200
    assert redaction.text(f"of-the-next-account {RICH}") == f"of-the-next-account {HIDDEN}"


def test_a_credential_with_a_tilde_is_split_at_the_last_one(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    secret = "with~a~tilde-in-it"
    accounts = {"accounts": [{"account": "rich", "secret": secret}, {"account": "poor", "secret": None}]}
    for name in ("default", "box"):
        assert server.control("PUT", "/accounts/acme", accounts, sandbox=name).status == 200
    for key, sandbox in ((secret, "default"), (f"{secret}~box", "box")):
        answer = server.get(key=key)
        assert (answer.status, answer.headers["X-Mock-Sandbox"]) == (200, sandbox)
        assert secret not in json.dumps(dict(server.world.store.entries(sandbox)[-1][1]), default=dict)


def test_no_account_has_a_credential_that_is_in_the_name_of_a_sandbox(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    assert server.get(X_Mock_Sandbox="team-of-one-and-more").status == 200
    accounts = {"accounts": [{"account": "rich", "secret": "Of-One-and"}, {"account": "poor", "secret": None}]}
    answer = server.control("PUT", "/accounts/acme", accounts)
    assert (answer.status, answer.json["type"]) == (422, "urn:mockserver:bad-credential")
    assert server.get(key="Of-One-and").status == 401
