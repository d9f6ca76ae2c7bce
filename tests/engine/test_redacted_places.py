"""Secrets in places of a request that hold secrets: neither they nor their copies are stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import pytest

from mockserver.engine.redacted_request import MASK, mask
from mockserver.sandbox.secrets.index import MIN_QUOTED_CHARS, SecretIndex
from mockserver.sandbox.secrets.limits import MAX_NAMES
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Request
from tests.support.acme import BILLS, RICH, Sandboxed, acme

SECRET = "Zq3-nobody-knows-It-9w"
WRAPPED = base64.b64encode(f"someone:{SECRET}".encode()).decode()
INNER = json.dumps({"token": SECRET})


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


def kept(server: Sandboxed, request: Request) -> str:
    """Everything stored of a call that repeats the secret in a header and its path."""
    request = request._replace(path=f"{request.path}/{SECRET}", headers={**request.headers, "x-trace": f"<{SECRET}>"})
    return json.dumps(server.runtime.redactor.redact(request, server.vendor).request)


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
        f"mysql --password={SECRET} -u me",
        f"[token]={SECRET}",
        f"api.key={SECRET}&page=1",
        f"page=1&access%5Bkey%5D={SECRET}",
        f"user=me&password=right donkey {SECRET}&x=1",
        f"login=%7B%22who%22%3A+%7B%22pin%22%3A1%2C+%22auth%22%3A+%5B%22{SECRET}%22%5D%7D%7D",
        f"inner=a%3D1%26sig%3Dtwo+words+{SECRET}",
        f"note=sent+with+Bearer+{SECRET}",
        f"doc=%3Clogin%3E%3Cpassword%3E{SECRET}%3C%2Fpassword%3E%3C%2Flogin%3E",
        json.dumps({"doc": f"<login><password>{SECRET}</password></login>"}),
        json.dumps({"form": f"user=me&passphrase=right donkey {SECRET}&x=1"}),
        f'\ufeff{{"secrets": ["{SECRET}"]}}',
        f')]}}\',\n{{"secrets": ["{SECRET}"]}}',
        f'while(1);{{"secrets": ["{SECRET}"]}}',
        f"\ufeff<a><password>{SECRET}</password></a>",
        f"<a><password><!-- </password> -->{SECRET}</password></a>",
        f"<a><password></b>{SECRET}</password></a>",
        f'<a><param name="client-secret" value="{SECRET}"/></a>',
        f"<a><entry key='sig'>{SECRET}</entry></a>",
        f'a preamble\r\n--x\r\nContent-Disposition: form-data; name = "pwd"\r\n\r\n{SECRET}\r\n--x--\r\n',
        f"--x\r\nContent-Disposition: form-data; name*=utf-8''%70wd\r\n\r\n{SECRET}\r\n--x--\r\n",
        f'--x\r\nContent-Disposition: form-data; name="%70wd"\r\n\r\n{SECRET}\r\n--x--\r\n',
        f'--x\r\nContent-Disposition: form-data; filename="a; name=b"; name="pwd"\r\n\r\n{SECRET}\r\n--x--\r\n',
        f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{{"auth": ["{SECRET}"]}}\r\n--x--\r\n',
        f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n<pwd>{SECRET}</pwd>\r\n--x--\r\n',
        f'see http://someone:"{SECRET}"@example.com/x',
        json.dumps({"store": f'redis://me:{SECRET}"@example.com/0'}),
        f'<a store="x" note=\'amqp://me:{SECRET}"z@example.com\'/>',
        json.dumps([{"name": "page", "value": "1"}, {"name": "session", "value": SECRET}]),
        json.dumps([{"value": SECRET, "key": "clientSecret"}]),
        json.dumps({"headers": [{"Value": [{"a": [SECRET]}], "comment": {"b": 1}, "Name": "Cookie"}]}),
        json.dumps({"log": json.dumps([{"name": "X-Api-Key", "value": SECRET}])}),
        f'[{{"value": "{SECRET}", "name": "pwd"',
        f"[{{'name': 'pwd', 'value': 'right donkey {SECRET}'}}]",
        json.dumps({"headers": [["page", "1"], ["Authorization", f"Bearer {SECRET}"]]}),
        json.dumps([[["pwd", {"a": [SECRET]}]]]),
        json.dumps({"type": "password", "temporary": False, "value": SECRET}),
        f"see http://it's:{SECRET}@example.com/x and http://a\"b:{SECRET}@example.com",
        f"<a><b>&amp;lt;pwd&amp;gt;{SECRET}&amp;lt;/pwd&amp;gt;</b></a>",
        json.dumps({"doc": quote(f"<pwd>right {SECRET}</pwd>")}),
        f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\nsig=right donkey {SECRET}\r\n--x--\r\n',
        f"sent with {'long-' * 30}token: {SECRET}",
        f"sent with {'long.' * 30}password={SECRET}, and more",
        f"sent with {'x' * 200}_secret_{'y' * 200} = {SECRET}",
        f"<a><{'long-' * 30}token>{SECRET}</{'long-' * 30}token></a>",
        f"<a>&lt;login&gt;&lt;pwd&gt;{SECRET}&lt;/pwd&gt;&lt;/login&gt;</a>",
        f"&lt;passphrase&gt;right donkey {SECRET}&lt;/passphrase&gt;",
        f"&amp;lt;passphrase&amp;gt;right donkey {SECRET}&amp;lt;/passphrase&amp;gt;",
        f"it was <passphrase>right donkey {SECRET}</passphrase> that I sent",
        json.dumps({"doc": f"&lt;pwd&gt;right {SECRET}&lt;/pwd&gt;"}),
        f'{{"doc": "\\u003cpwd\\u003eright {SECRET}\\u003c/pwd\\u003e"}}',
        f'<a><param note="a > b" name="client-secret" value="{SECRET}"/></a>',
        f"<a><entry note='1 > 0' key='sig'>{SECRET}</entry></a>",
        f"<login note='>'><password strength='> 9'>{SECRET}</password></login>",
        f"<a b='it''s' c=\"><pwd>{SECRET}</pwd></a>",
        f'<a><b>{{"auth": {{"who": ["{SECRET}"]}}}}</b></a>',
        f"<a><b>{{&quot;auth&quot;: [&quot;{SECRET}&quot;]}}</b></a>",
        f'<a><![CDATA[{{"auth": ["{SECRET}"]}}]]></a>',
        f"<a><![CDATA[<pwd>{SECRET}</pwd>]]></a>",
        f"<a><b>user=me&amp;pwd=right donkey {SECRET}&amp;x=1</b></a>",
        f'<a data=\'{{"auth": ["{SECRET}"]}}\'/>',
        f"a=1&note=x\nsig=right donkey {SECRET}&b=2",
        f"a=1&note=x\r\nsig=right\r\ndonkey {SECRET}\r\nc=3&b=2",
        f"a=1&note=see pin_secret=right {SECRET}&b=2",
        f"a=1&note=x%0D%0Asig%3Dright+donkey+{SECRET}&b=2",
        f"pw={SECRET}&a=1",
        json.dumps({"tokens": ["first", [{"a": SECRET}]]}),
        json.dumps({"a": {"apiKeys": {"b": {"c": SECRET}}}}),
        f"{{'passwords': ['first', '{SECRET}']}}",
        f"tokens[]=first&tokens[]={SECRET}",
        f"credentials%5Ba%5D%5Bb%5D={SECRET}",
        f"<a><tokens><item>{SECRET}</item></tokens></a>",
    ],
)
def test_in_a_body(server: Sandboxed, body: str) -> None:
    shown = kept(server, Request("POST", BILLS, "", {}, body=body.encode()))
    for part in (SECRET, SECRET.lower(), WRAPPED):
        assert part not in shown
    assert MASK in shown


@pytest.mark.parametrize(
    "body",
    [
        f"--x\nContent-Disposition: form-data; name=token\n\none\n--two\n{SECRET}\n--x--\n",
        f"http://user:it's{SECRET}@example.com/x",
        f"--x\r\nContent-Disposition: form-data; name=token\r\n\r\n-----BEGIN {SECRET}\r\n--x--",
    ],
)
def test_of_a_secret_nothing_is_left_behind_odd_signs(server: Sandboxed, body: str) -> None:
    assert SECRET not in str(server.runtime.redactor.redact(Request("POST", BILLS, body=body.encode())).request)


def part(text: str, coding: str, name: str = "a") -> str:
    head = f'Content-Disposition: form-data; name="{name}"\r\nContent-Transfer-Encoding: {coding}'
    return f"--x\r\n{head}\r\n\r\n{text}\r\n"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"auth": {"who": [SECRET]}}),
        f"<login><password>{SECRET}</password></login>",
        f"a=1&token=two words {SECRET}",
        f"see https://someone:{SECRET}@example.com/x" + " and more" * 30,
        f"of {RICH}, who is known",
    ],
)
def test_in_a_part_that_is_encoded(server: Sandboxed, text: str) -> None:
    """Its encoded text is not stored either; harmless text is."""
    other = base64.encodebytes(b"of nobody, and of no use " * 9).decode()
    for coding, encoded in (
        ("base64", base64.encodebytes(text.encode()).decode()),
        ("BASE64", base64.b64encode(text.encode()).decode()[:-2]),
        ("quoted-printable", "".join(f"={byte:02X}" for byte in text.encode())),
    ):
        body = part(encoded, coding) + part(other, "base64") + part("as it is", "8bit") + "--x--\r\n"
        told = json.loads(kept(server, Request("POST", BILLS, body=body.encode())))
        assert SECRET not in str(told) or SECRET not in text
        assert told["body"] == part(MASK, coding) + part(other, "base64") + part("as it is", "8bit") + "--x--\r\n"


@pytest.mark.parametrize("coding", ["base64", "x-uuencode", "gzip"])
def test_a_part_that_nobody_can_read_is_masked_whole(server: Sandboxed, coding: str) -> None:
    told = server.runtime.redactor.redact(Request("POST", BILLS, body=part(f"?{SECRET}?", coding).encode()))
    assert told.request["body"] == part(MASK, coding).rstrip()


def test_what_a_secret_part_wraps_is_found_elsewhere(server: Sandboxed) -> None:
    body = part(base64.b64encode(SECRET.encode()).decode(), "base64", name="pwd")
    assert SECRET not in kept(server, Request("POST", BILLS, body=body.encode()))


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
        f"https://someone:{SECRET}@host/x",
        f"token%3D{SECRET}",
        f'{{"session":"{SECRET}"}}',
        f"Bearer+{SECRET}",
        f"%3Cpwd%3E{SECRET}%3C/pwd%3E=1",
        f"doc=%3Cpwd%3E{SECRET}%3C/pwd%3E",
        f"form={quote(f'a=b&password=two words {SECRET}')}",
        f"note=a%0Asig=two%20words%20{SECRET}",
        f"note=see+passphrase=two+words+{SECRET}&a=1",
        "store=" + quote(f'redis://me:"{SECRET}@host/0'),
        f"tokens[0][a]={SECRET}",
        "pairs=" + quote(json.dumps([{"value": SECRET, "name": "api-key"}])),
        f"doc=%26lt%3Bpwd%26gt%3B{SECRET}%26lt%3B/pwd%26gt%3B",
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
        ("referer", f"https://app.example/?token=one,{SECRET}"),
        ("referer", f"https://app.example/?a=1&token=one;{SECRET}"),
        ("referer", f"https://app.example/?token=one'{SECRET}"),
        ("referer", f"https://app.example/v1;token=one,{SECRET}"),
        ("authorization", f"Bearer\t{SECRET}"),
        ("authorization", f'Bearer "{SECRET}"'),
        ("authorization", f"Bearer {SECRET},x"),
        ("x-command", f"run --api-key={SECRET}"),
        ("x-store", f'redis://me:"{SECRET}"@host/0'),
        ("x-context", json.dumps([{"key": "pwd", "value": SECRET}])),
        ("x-context", json.dumps({"tokens": [SECRET]})),
        ("x-note", f"{'long-' * 30}token={SECRET}"),
        ("x-note", f"&lt;pwd&gt;right donkey {SECRET}&lt;/pwd&gt;"),
    ],
)
def test_in_a_header(server: Sandboxed, name: str, value: str) -> None:
    shown = kept(server, Request("GET", BILLS, "", {name: value}))
    assert SECRET not in shown
    assert WRAPPED not in shown


def test_in_a_parameter_of_the_path(server: Sandboxed) -> None:
    told = server.runtime.redactor.redact(Request("GET", f"{BILLS};jsessionid={SECRET}/more;v=1", f"q={SECRET}"))
    assert told.request["path"] == f"{BILLS};jsessionid={MASK}/more;v=1"
    assert told.request["query"] == {"q": MASK}


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
        (Request("POST", BILLS, body=b'{"token_type": "some-type", "sessionCount": 123456, "auth": 0}'), {}),
        (Request("POST", BILLS, body=b"token_expires=2026-01-01&password=&secret-length=123456"), {}),
        (Request("POST", BILLS, body=b"<a><token-url>of-a-house</token-url><!-- <password> --><b>of it</b></a>"), {}),
        (Request("POST", BILLS, body=b'{"a":"http://host:80","mail":"me@example.com","b":"//x:1"}'), {}),
        (Request("POST", BILLS, body=b'<a b="http://host:80">me@example.com</a>'), {}),
        (Request("POST", BILLS, body=b'[{"name":"page","value":"of-tokens"},{"value":"a-word","key-of":"page"}]'), {}),
        (
            Request(
                "POST", BILLS, body=b'{"value":"a-word","x":{"name":"token"},"name":"page","y":[{"value":"or-two"}]}'
            ),
            {},
        ),
        (Request("POST", BILLS, body=b'{"names":["token","of-page"],"rows":[["a","token"],["value","or-two"]]}'), {}),
        (Request("POST", BILLS, body=b"{'a':'http://host','b':'c:me@example.com'}"), {}),
        (Request("POST", BILLS, body=b"<a b='x > y'>a=1&amp;b=&lt;c&gt;d&lt;/c&gt;</a>"), {}),
        (Request("POST", BILLS, body=b"a=1&note=x\ny=z and more\n&b=2"), {}),
        (Request("GET", BILLS, "auth_method=anything&token=&session=0"), {"query": {"auth_method": "anything"}}),
    ],
)
def test_what_is_no_secret_is_kept_as_it_is(server: Sandboxed, request_: Request, shown: dict[str, Any]) -> None:
    told = server.runtime.redactor.redact(request_, server.vendor).request
    assert MASK not in json.dumps(told, default=dict)
    assert told["body"].encode() == request_.body
    assert told["query"].items() >= shown.get("query", {}).items()


def test_a_part_with_too_many_names_or_secrets_is_masked_whole(server: Sandboxed) -> None:
    redaction = server.runtime.redactor
    many = "&".join(f"n{number}=1" for number in range(MAX_NAMES + 1))
    told = redaction.redact(Request("GET", BILLS, f"{many}&token={SECRET}", {"x-a": "b"}, body=b"a=1"))
    assert told.request["url"] == f"{BILLS}?{MASK}="
    assert (told.request["body"], told.request["headers"]) == ("a=1", {"x-a": "b"})
    for body in (f"{many}&token={SECRET}", "&".join(f"token={SECRET}{number}" for number in range(300))):
        told = redaction.redact(Request("GET", BILLS, f"a={SECRET}0", {"x-a": "b"}, body=body.encode()))
        assert told.request["body"] == MASK
        assert told.request["headers"] == {"x-a": "b"}
    sent = {f"x-{number:03}": f"token={SECRET}{number}" for number in range(400)} | {"y": "b", "z": f"token={SECRET}"}
    shown = redaction.redact(Request("GET", BILLS, "", sent)).request["headers"]
    assert SECRET not in str(shown)
    assert (shown["x-000"], shown["x-399"], shown["y"], shown["z"]) == (f"token={MASK}", MASK, "b", MASK)
    nested = "[" * 5000 + ",".join('{"token":1}' for _ in range(MAX_NAMES + 1))
    assert redaction.redact(Request("GET", BILLS, body=nested.encode())).request["body"] == MASK


@pytest.mark.parametrize("name", [f"https://me:{SECRET}@host/x", f"token%3D{SECRET}", f"Bearer+{SECRET}"])
def test_a_warning_about_a_parameter_repeats_no_secret_of_its_name(server: Sandboxed, name: str) -> None:
    answer = server.get(f"{BILLS}?{name}=1", X_Mock_Readings="acme.bad-input=ignore")
    assert SECRET not in f"{answer.body!r}{answer.headers}"


@pytest.mark.parametrize("text", [f"https://me:{SECRET}@host/", f"token={SECRET}", f"x?a=1&sig={SECRET}"])
def test_a_control_that_refuses_a_value_repeats_no_secret_of_it(server: Sandboxed, text: str) -> None:
    answer = server.control("PATCH", "/settings", {"dataset": text})
    assert answer.status >= 400
    assert SECRET not in f"{answer.body!r}"


# Known secrets ------------------------------------------------------------------------------------------------------


def other_vendor(folder: Path, secret: str) -> Vendor:
    other = acme(folder, name="bolt")
    file = folder / "bolt" / "default.yaml"
    file.write_text(file.read_text().replace(RICH, secret))
    return other


@pytest.mark.parametrize("place", ["path", "query", "header", "body", "reply"])
def test_secrets_of_every_vendor_and_sandbox_and_of_the_server_are_known(
    vendor: Vendor, tmp_path: Path, place: str
) -> None:
    """Whichever vendor and sandbox the call names, and as soon as the secret exists."""
    token, theirs, own, password = "the-token-of-Control", "secret-of-Bolt", "secret-of-a-Sandbox", "of-the-St%40re"
    server = Sandboxed(vendor, other_vendor(tmp_path, theirs), control_token=token)
    server.runtime.redactor._known.add(password)
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
        entry = json.dumps(dict(server.runtime.store.entries("default")[-1][1]), default=dict)
        assert secret.casefold() not in entry.casefold()
        assert quote(secret, safe="").casefold() not in entry.casefold()


def test_a_secret_that_no_account_has_any_more_is_no_secret(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for secrets in (("of-the-first-account", None), ("of-the-next-account", None)):
        accounts = [{"account": name, "secret": secret} for name, secret in zip(("rich", "poor"), secrets, strict=True)]
        assert server.control("PUT", "/accounts/acme", {"accounts": accounts}).status == 200
    redaction = server.runtime.redactor
    assert redaction.redact_text("of-the-first-account of-the-next-account") == f"of-the-first-account {MASK}"
    assert server.control("POST", "/reset").status == 200
    assert redaction.redact_text(f"of-the-next-account {RICH}") == f"of-the-next-account {MASK}"


def test_a_credential_with_a_tilde_is_split_at_the_last_one(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    secret = "with~a~tilde-in-it"
    accounts = {"accounts": [{"account": "rich", "secret": secret}, {"account": "poor", "secret": None}]}
    for name in ("default", "box"):
        assert server.control("PUT", "/accounts/acme", accounts, sandbox=name).status == 200
    for key, sandbox in ((secret, "default"), (f"{secret}~box", "box")):
        answer = server.get(key=key)
        assert (answer.status, answer.headers["X-Mock-Sandbox"]) == (200, sandbox)
        assert secret not in json.dumps(dict(server.runtime.store.entries(sandbox)[-1][1]), default=dict)


def test_no_account_has_a_credential_that_is_in_the_name_of_a_sandbox(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    assert server.get(X_Mock_Sandbox="team-of-one-and-more").status == 200
    accounts = {"accounts": [{"account": "rich", "secret": "Of-One-and"}, {"account": "poor", "secret": None}]}
    answer = server.control("PUT", "/accounts/acme", accounts)
    assert (answer.status, answer.json["type"]) == (422, "urn:mockserver:bad-credential")
    assert server.get(key="Of-One-and").status == 401


@pytest.mark.parametrize(
    "spell", ["%{:02X}", "%25{:02x}", "\\u{:04x}", "\\x{:02x}", "&#{:d};", "&#x{:x};", "%26%23{:d};"]
)
@pytest.mark.parametrize("end", ["...", " ...", "'", '"', ""])
def test_nothing_is_left_of_a_known_secret_in_an_escape_that_was_cut(spell: str, end: str) -> None:
    secret = "zebra-of-somebody"
    whole = "".join(spell.format(ord(letter)) for letter in secret[10:])
    for length in range(len(whole)):
        text = f"'{secret[:10]}{whole[:length]}{end}"
        assert secret[:10] not in mask(text, [SecretIndex([secret])], cut=MIN_QUOTED_CHARS), text


@pytest.mark.parametrize("secret", ["schlüssel-größe", "Ключ-от-дома", "clé secrète"])
@pytest.mark.parametrize("case", [str, str.lower, str.title])
def test_a_known_secret_is_found_however_its_letters_are_written(secret: str, case: Callable[[str], str]) -> None:
    for form in ("NFC", "NFD"):
        written = normalize(form, case(secret))
        for text in (written, written.encode().decode("latin-1"), quote(written), written.replace(" ", "+")):
            assert mask(f"<{text}>", [SecretIndex([secret])]) == f"<{MASK}>", text
    upper = secret.replace("ß", "").upper()
    for text in (upper, upper.encode().decode("latin-1")):
        assert mask(f"<{text}>", [SecretIndex([secret.replace("ß", "")])]) == f"<{MASK}>"
