"""Behind a real nginx with TLS and a path prefix: every printed URL leads back through it."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from mockserver.data import yaml_text
from mockserver.testing import Client
from mockserver.vendors import find_vendors
from tests.support.certificates import self_signed
from tests.support.proxies import free_port, nginx, nginx_of, program, proxy
from tests.support.servers import PROGRAM, ROOT, running, serving

pytestmark = pytest.mark.slow

BROWSER = {"Accept": "text/html"}
STRIPPED = "location /mock/ {{ proxy_pass {upstream}/; {headers} }}"
FORWARDED = """
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Prefix /mock;
"""


class Proxied(NamedTuple):
    """A server behind a proxy: the outer URL, the server's own, and the trusted certificate."""

    url: str
    inside: str
    certificate: str

    def send(self, method: str, url: str, **more: Any) -> requests.Response:
        """The reply to a request through the proxy."""
        target = urljoin(f"{self.url}/", url)
        assert target.startswith(f"{self.url}/") or target == self.url
        return requests.request(method, target, verify=self.certificate, timeout=60, allow_redirects=False, **more)

    def get(self, url: str, **headers: str) -> requests.Response:
        return self.send("GET", url, headers=headers)


@pytest.fixture(scope="module", params=["public-url", "forwarded"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    certificate, port = self_signed(folder), free_port()
    url = f"https://127.0.0.1:{port}/mock"
    told = ("--public-url", url) if request.param == "public-url" else ("--trusted-proxies", "127.0.0.1,::1")
    headers = "" if request.param == "public-url" else FORWARDED
    with (
        running(serving(*told)) as (inside, _),
        nginx(folder, port, STRIPPED.format(upstream=inside, headers=headers), certificate),
    ):
        yield Proxied(url, inside, str(certificate[0]))


def test_a_sandbox_is_called_at_the_urls_that_its_answer_tells(proxied: Proxied) -> None:
    made = proxied.send("PUT", "__admin/sandboxes/behind", json={}, headers={"Origin": origin(proxied)})
    assert made.status_code == 201, made.text
    assert made.json()["url"] == f"{proxied.url}/__sandbox/behind"
    assert made.headers["Location"] == f"{proxied.url}/__admin/sandboxes/behind"
    assert proxied.get(made.headers["Location"]).json()["url"] == made.json()["url"]
    for vendor in find_vendors():
        told = made.json()["vendors"][vendor.name]
        path = vendor.operations[0].path
        answer = proxied.send("GET", f"{told['url']}{path}", headers=told["headers"])
        assert answer.headers["X-Mock-Sandbox"] == "behind"
        example = told["example"]
        answer = proxied.send("GET", example["path"][1:], params=example["query"], headers=example["headers"])
        assert (answer.status_code, answer.headers["X-Mock-Sandbox"]) == (200, "behind")


def origin(proxied: Proxied) -> str:
    parts = urlsplit(proxied.url)
    return f"{parts.scheme}://{parts.netloc}"


def test_every_location_is_followed(proxied: Proxied) -> None:
    rule = proxied.send("POST", "__sandbox/faulty/__admin/faults", json={"vendor": "wisecp", "status": 503})
    assert rule.headers["Location"] == f"{proxied.url}/__sandbox/faulty/__admin/faults/{rule.json()['id']}"
    assert proxied.get(rule.headers["Location"]).json()["id"] == rule.json()["id"]
    for path in ("__admin", "__docs", "__sandbox/behind"):
        reply = proxied.get(path, **BROWSER)
        assert reply.status_code == 308
        there = proxied.get(urljoin(reply.url, reply.headers["Location"]), **BROWSER)
        assert (there.status_code, there.url) == (200, f"{proxied.url}/{path}/")


@pytest.mark.parametrize("inside", ["", "__sandbox/behind/"])
def test_every_link_of_the_start_page_as_json_is_followed(proxied: Proxied, inside: str) -> None:
    start = proxied.get(inside, Accept="application/json").json()
    for name in ("health", "console", "docs"):
        assert start[name].startswith(f"{proxied.url}/{inside}")
        assert proxied.get(start[name]).status_code == 200
    for vendor in start["vendors"]:
        for address in vendor["addresses"]:
            assert "X-Mock-Basis" in proxied.get(address.replace("{id}", "any")).headers


@pytest.mark.parametrize("path", ["", "__admin/", "__docs/", "__sandbox/behind/", "__sandbox/behind/__docs/"])
def test_everything_that_a_page_is_made_of_is_there(proxied: Proxied, path: str) -> None:
    page = proxied.get(path, **BROWSER)
    assert page.headers["Content-Type"].startswith("text/html")
    addresses = {urljoin(page.url, text) for text in re.findall(r'(?:href|src)="([^"#]+)', page.text)}
    assert len(addresses) > 4
    for address in addresses:
        assert proxied.get(address, **BROWSER).status_code == 200, address


def test_a_specs_servers_answer(proxied: Proxied) -> None:
    for listed in proxied.get("__docs/specs").json()["specs"]:
        spec: Any = yaml_text.load(proxied.get(listed["url"]).text)
        for server in spec["servers"]:
            url = urljoin(listed["url"], server["url"])
            assert url.startswith(proxied.url)
            path = "/health" if listed["name"] == "control" else next(iter(spec["paths"])).replace("{id}", "any")
            assert proxied.get(url + path).status_code in (200, 400, 401), url


def test_our_own_client_and_health_work_through_it(proxied: Proxied) -> None:
    client = Client(proxied.url, context=ssl.create_default_context(cafile=proxied.certificate))
    sandbox = client.sandbox("through").create()
    answer = proxied.send(
        "GET", sandbox.url("wisecp") + "/api/Billing/GetInvoices", headers=sandbox.credentials("wisecp")
    )
    assert (answer.status_code, answer.headers["X-Mock-Sandbox"]) == (200, "through")
    assert sandbox.paths("wisecp") == Client(proxied.inside).sandbox("through").paths("wisecp")
    command = [PROGRAM, "health", "--url", proxied.url]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (asked.returncode, asked.stdout) == (0, f"{proxied.url} is healthy\n")


def test_pages_of_other_origins_control_nothing_through_it(proxied: Proxied) -> None:
    for stranger in ("https://mock.example", "https://127.0.0.1.evil.com", "null"):
        assert proxied.send("POST", "__admin/reset", headers={"Origin": stranger}).status_code == 403


def test_no_host_but_the_own_one_controls_behind_a_proxy_that_hands_it_on(tmp_path: Path) -> None:
    """As in the snippets of docs/operations.md: with Host."""
    port = free_port()
    headers = f"proxy_set_header Host $http_host;{FORWARDED}"
    flags = serving("--public-url", "https://mock.example/mock", "--trusted-proxies", "127.0.0.1")
    with (
        running(flags) as (inside, _),
        nginx(tmp_path, port, STRIPPED.format(upstream=inside, headers=headers)),
    ):
        url = f"http://127.0.0.1:{port}/mock/__admin/settings"
        for host, status in (("mock.example", 200), ("evil.example", 403), ("mock.example.evil.example", 403)):
            assert requests.get(url, headers={"Host": host}, timeout=60).status_code == status
        sent = {"Host": "evil.example", "X-Forwarded-Host": "mock.example"}
        assert requests.get(url, headers=sent, timeout=60).status_code == 403


def test_a_command_beside_a_server_of_its_own_calls_that_one() -> None:
    told = {"MOCKSERVER_PUBLIC_URL": "https://mock.example/billing", "MOCKSERVER_TRUSTED_PROXIES": "127.0.0.1"}
    script = 'printf "%s\n" "$MOCKSERVER_URL" "$MOCKSERVER_WISECP_URL"; curl -sf "$MOCKSERVER_URL/__admin/settings"'
    command = [PROGRAM, "run", "--", "sh", "-c", script]
    ran = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=False, timeout=60)
    url, vendor, settings = ran.stdout.splitlines()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert vendor == f"{url}/wisecp"
    assert json.loads(settings)["dataset"] == "default"


PAGE = ROOT / "docs" / "operations.md"
MOCK = "mock.example"


@contextmanager
def as_documented(kind: str, folder: Path, inside: str) -> Iterator[int]:
    """The port of a proxy with the configuration of docs/operations.md, except for ports and files."""
    (certificate, key), port = self_signed(folder), free_port()
    (folder / "both.pem").write_bytes(certificate.read_bytes() + key.read_bytes())
    found = re.search(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    text = found[1].replace("127.0.0.1:8080", urlsplit(inside).netloc)
    if kind == "nginx":
        text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("/etc/ssl/mock.pem", str(certificate))
        with nginx_of(folder, port, re.sub(r"#.*", "", text).replace("/etc/ssl/mock.key", str(key))):
            yield port
    elif kind == "haproxy":
        text = text.replace(":443", f"127.0.0.1:{port}").replace("/etc/ssl/mock.pem", str(folder / "both.pem"))
        (folder / "haproxy.cfg").write_text(text)
        with proxy([program("haproxy"), "-db", "-q", "-f", "haproxy.cfg"], folder, port):
            yield port
    else:
        own = f"{MOCK}:{port} {{\n  bind 127.0.0.1\n  tls {certificate} {key}"
        text = "{\n  admin off\n  auto_https off\n}\n" + text.replace(f"{MOCK} {{", own)
        (folder / "Caddyfile").write_text(text)
        with proxy([program("caddy"), "run", "--config", "Caddyfile", "--adapter", "caddyfile"], folder, port):
            yield port


@pytest.mark.parametrize("flags", [("--public-url", f"https://{MOCK}/billing"), ("--trusted-proxies", "127.0.0.1")])
@pytest.mark.parametrize("kind", ["nginx", "haproxy", "caddy"])
def test_a_proxy_as_documented_is_one_behind_which_all_is_right(
    kind: str, flags: tuple[str, str], tmp_path: Path
) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        running(serving("--control-token", "choose-one", *flags)) as (inside, _),
        as_documented(kind, tmp_path, inside) as port,
    ):

        def send(method: str, path: str, **headers: str) -> tuple[int, str]:
            connection = http.client.HTTPConnection(MOCK)
            plain = socket.create_connection(("127.0.0.1", port), timeout=60)
            connection.sock = context.wrap_socket(plain, server_hostname=MOCK)
            sent = {"X-Mock-Control-Token": "choose-one", "X-Forwarded-Host": "evil.example", **headers}
            connection.request(method, f"/billing{path}", headers=sent)
            reply = connection.getresponse()
            body = reply.read().decode()
            connection.close()
            return reply.status, body

        status, body = send("PUT", "/__admin/sandboxes/mine", Origin=f"https://{MOCK}")
        assert (status, json.loads(body)["url"]) == (201, f"https://{MOCK}/billing/__sandbox/mine")
        assert send("PUT", "/__admin/sandboxes/mine", Origin="https://evil.example")[0] == 403
        assert json.loads(send("GET", "/")[1])["console"] == f"https://{MOCK}/billing/__admin/"
        assert send("GET", "/__admin/", Accept="text/html")[0] == 200
        assert send("GET", "/wisecp/api/Billing/GetInvoices")[0] == 401
