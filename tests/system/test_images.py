"""Dockerfile and docker-compose.yml: right by all checks that need no Docker engine, and by running their commands.

What runs is what stands there, in that environment, and where this machine can without any capability and on a
read-only file system; only the host is loopback, the ports are free ones, /certs and /tmp are folders of the test.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.cli.commands import COMMANDS
from mockserver.data.catalog import DatasetCatalog
from mockserver.sandbox.settings import make_settings, secure
from mockserver.sdk import clock
from mockserver.sdk.querystring import encode
from mockserver.sdk.version import __version__
from mockserver.server.worker import GRACE_SECONDS
from mockserver.vendors import find_vendors

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
GUIDE = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
DEMO: dict[str, Any] = COMPOSE["services"]["mockserver"]
HOSTS = [host for vendor in find_vendors() for host in vendor.hosts]
TOKEN = {"X-Mock-Control-Token": "choose-one"}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())


def interpolate(text: str, given: Mapping[str, str]) -> str:
    """A text of the compose file as Compose reads it, with these variables set."""
    return re.sub(r"\$\{(\w+):?-([^}]*)}", lambda part: given.get(part[1], part[2]), text)


def demo_environment(**given: str) -> dict[str, str]:
    """The server's whole environment."""
    return image_environment() | {name: interpolate(text, given) for name, text in DEMO["environment"].items()}


def openssl(script: str) -> list[list[str]]:
    """The commands of OpenSSL in a script."""
    lines = script.replace("\\\n", " ").splitlines()
    return [shlex.split(line[line.index("openssl") :]) for line in lines if "openssl req" in line]


# What stands there ----------------------------------------------------------------------------------------------------


def test_the_compose_file_fits_its_published_schema() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*checker, str(ROOT / "docker-compose.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_has_two_stages_on_one_base_that_is_named_precisely() -> None:
    assert instructions("FROM") == ["${BASE} AS build", "${BASE}"]
    (base,) = instructions("ARG")
    assert re.fullmatch(r"BASE=python:3\.\d+\.\d+-slim-[a-z]+", base)
    assert f"--build-arg {base}@sha256:" in DOCKERFILE
    assert len(instructions("COPY --from=build")) == 1


def test_the_version_is_on_the_image_and_its_tag_in_all_places() -> None:
    assert f'org.opencontainers.image.version="{__version__}"' in instructions("LABEL")
    assert DEMO["image"] == f"mockserver:{__version__}"
    assert set(re.findall(r"mockserver:([\d.]+)", DOCKERFILE)) == {__version__}


def test_it_runs_as_nobody_and_may_write_nowhere_and_do_nothing() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert DOCKERFILE.index("\nUSER") < DOCKERFILE.index("\nCMD")
    assert DEMO["read_only"] is True
    assert DEMO["cap_drop"] == ["ALL"]
    assert "cap_add" not in DEMO
    assert DEMO["security_opt"] == ["no-new-privileges:true"]
    assert DEMO["tmpfs"] == [image_environment()["HOME"]]
    assert DEMO["volumes"] == ["certificates:/certs"]
    assert "-o 10001 -g 10001 /certs" in instructions("RUN")[-1]


def test_what_the_image_copies_is_in_the_checkout_and_in_its_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {name for line in instructions("COPY") if not line.startswith("--from") for name in line.split()[:-1]}
    assert copied == allowed
    for name in copied:
        assert (ROOT / name).exists(), name


def test_the_files_of_pages_are_part_of_the_package() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = setup["options.package_data"]["mockserver"].split()
    package = ROOT / "mockserver"
    packed = {path for pattern in patterns for path in package.glob(pattern)}
    pages = [path for path in (package / "admin" / "site").rglob("*") if path.is_file()]
    assert pages
    assert packed.issuperset(pages)
    (extras,) = re.findall(r"pip install --no-cache-dir '\.\[([\w,]+)\]'", DOCKERFILE)
    assert set(extras.split(",")) <= set(setup["options.extras_require"])


def test_the_commands_are_commands_of_ours_with_no_shell_around_them() -> None:
    check = re.findall(r"CMD (\[.+\])$", instructions("HEALTHCHECK")[0])[0]
    assert json.loads(check) == DEMO["healthcheck"]["test"][1:] == ["mockserver", "health"]
    assert json.loads(instructions("CMD")[0]) == ["mockserver", "serve"]
    *shell, script = DEMO["command"]
    assert shell == ["sh", "-euc"]
    assert script.endswith("\nexec mockserver serve\n")  # or the signal that stops it would not reach it
    assert "$" not in script  # Compose would put a variable there
    assert {"serve", "health"} <= set(COMMANDS)


def test_it_is_stopped_by_a_signal_and_given_the_time_to_end_its_calls() -> None:
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert int(DEMO["stop_grace_period"].removesuffix("s")) > GRACE_SECONDS


def test_the_environment_is_made_of_settings_that_exist(tmp_path: Path) -> None:
    ours = {name: value for name, value in image_environment().items() if name.startswith("MOCKSERVER_")}
    assert make_settings({}, ours).port == 8080
    for file in ("server.pem", "server.key"):
        (tmp_path / file).write_text("")
    demo = {name: text.replace("/certs", str(tmp_path)) for name, text in demo_environment().items()}
    settings = make_settings({}, demo)
    assert (settings.host, settings.port, settings.tls_port) == ("0.0.0.0", 8080, 443)
    assert (settings.dataset, settings.clock, settings.reset_at) == ("default", "real", 3 * 3600)
    assert settings.control_token is None
    assert secure(settings).control_token  # made at each start
    assert demo_environment(MOCK_CONTROL_TOKEN="x", MOCK_RESET_AT="") == demo_environment() | {
        "MOCKSERVER_CONTROL_TOKEN": "x",
        "MOCKSERVER_RESET_AT": "",
    }


def test_its_ports_are_published_to_this_machine_alone() -> None:
    ports = [interpolate(port, {}) for port in DEMO["ports"]]
    assert ports == ["127.0.0.1:8080:8080", "127.0.0.1:8443:443"]
    assert DEMO["sysctls"] == {"net.ipv4.ip_unprivileged_port_start": 0}


def test_every_host_that_a_document_names_leads_to_the_sandbox_and_is_certified() -> None:
    assert HOSTS
    assert sorted(DEMO["networks"]["default"]["aliases"]) == sorted(HOSTS)
    _, certificate = openssl(DEMO["command"][-1])
    names = next(word for word in certificate if word.startswith("subjectAltName=")).partition("=")[2].split(",")
    assert sorted(names) == sorted([*(f"DNS:{host}" for host in (*HOSTS, "mockserver", "localhost")), "IP:127.0.0.1"])
    entry = re.findall(r"^echo '127\.0\.0\.1 (.+)' \| sudo tee -a /etc/hosts$", GUIDE, re.MULTILINE)
    assert sorted(entry[0].split()) == sorted(HOSTS)


def test_the_guide_says_what_the_compose_file_does() -> None:
    assert openssl(GUIDE) == openssl(DEMO["command"][-1])
    variables = set(re.findall(r"\$\{(MOCK_\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    table = GUIDE[GUIDE.index("| variable |") :]
    assert set(re.findall(r"MOCK_\w+", table)) == variables
    assert {f"mockserver_{name}" for name in ("default", "certificates")} <= set(re.findall(r"mockserver_\w+", GUIDE))
    assert COMPOSE["name"] == "mockserver"


# What it does ---------------------------------------------------------------------------------------------------------


@dataclass
class Demo:
    """The demo's commands, run without containers."""

    folder: Path
    environment: dict[str, str]
    port: int
    tls_port: int
    printed: str

    @property
    def authority(self) -> Path:
        return self.folder / "certs" / "ca.pem"

    def get(
        self, host: str, target: str, headers: Mapping[str, str], *, tls: bool = True, method: str = "GET"
    ) -> tuple[int, Any]:
        """The status and body for a client that resolves only this host, to this machine."""
        port = self.tls_port if tls else self.port
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
            context = ssl.create_default_context(cafile=str(self.authority))
            context.verify_flags |= ssl.VERIFY_X509_STRICT  # what newer Pythons ask
            connection = context.wrap_socket(plain, server_hostname=host) if tls else plain
            lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
            connection.close()
        return int(head.split()[1]), json.loads(body)


# No capability, no way to any, and only some folders can be written: as cap_drop, no-new-privileges and read_only do.
_CONTAINED = """
for folder in $WRITABLE; do mount --bind $folder $folder; done
mount -o remount,bind,ro /
cd "$PWD"
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
"""


@cache
def can_contain() -> bool:
    """Whether this machine allows mount namespaces."""
    if not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    return subprocess.run(contain(["true"]), check=False, capture_output=True).returncode == 0


def contain(command: list[str], *writable: Path) -> list[str]:
    """A command as in the container: read-only except for a few folders."""
    script = _CONTAINED.replace("$WRITABLE", shlex.join(map(str, writable)))
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc", script, "sh", *command]


def start_contained(
    command: list[str], environment: Mapping[str, str], folder: Path, *writable: Path
) -> subprocess.Popen[str]:
    """Start a command in a folder, contained where this machine can."""
    return subprocess.Popen(
        contain(command, *writable) if can_contain() else command,
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(command: list[str], environment: Mapping[str, str], folder: Path, *writable: Path) -> tuple[int, str, str]:
    """A command's exit status, standard output and standard error."""
    with start_contained(command, environment, folder, *writable) as process:
        printed, complaints = process.communicate(timeout=60)
    return process.returncode, printed, complaints


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    certs, tmp = folder / "certs", folder / "tmp"
    certs.mkdir()
    tmp.mkdir()
    environment = {
        name: text.replace("/certs", str(certs))
        for name, text in demo_environment(MOCK_CONTROL_TOKEN="choose-one").items()
    }
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment["PATH"] = environment["PATH"].replace("/opt/mockserver/bin:$PATH", path)
    environment["HOME"] = environment["TMPDIR"] = str(tmp)
    environment |= {"MOCKSERVER_HOST": "127.0.0.1", "MOCKSERVER_PORT": "0", "MOCKSERVER_TLS_PORT": "0"}
    with start_contained(DEMO["command"], environment, certs, certs, tmp) as server:
        assert server.stdout is not None
        try:
            printed = []
            for line in server.stdout:
                printed.append(line)
                if line.startswith("health:"):
                    break
            port, tls_port = map(int, re.findall(r"127\.0\.0\.1:(\d+)", printed[0]))
            environment["MOCKSERVER_PORT"] = str(port)
            yield Demo(folder, environment, port, tls_port, "".join(printed))
            server.send_signal(signal.SIGTERM)  # to its first process alone, as Docker does
            _, log = server.communicate(timeout=60)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
    assert server.returncode == 0
    assert "Traceback" not in log
    assert list(tmp.iterdir()) == []  # nothing is left, and nothing grows


@pytest.mark.slow
def test_the_health_check_finds_it_healthy_and_fails_where_nothing_is(demo: Demo) -> None:
    command = DEMO["healthcheck"]["test"][1:]
    assert run(command, demo.environment, demo.folder) == (0, f"http://127.0.0.1:{demo.port} is healthy\n", "")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        elsewhere = demo.environment | {"MOCKSERVER_PORT": str(nobody.getsockname()[1])}
        assert run(command, elsewhere, demo.folder)[0] == 1


@pytest.mark.slow
def test_all_vendors_answer_by_their_own_hosts_with_tls_and_without(demo: Demo) -> None:
    status, vendors = demo.get("localhost", "/__admin/vendors", TOKEN)
    assert (status, len(vendors)) == (200, 5)
    examples = {vendor["name"]: vendor["example"] for vendor in vendors}
    for vendor in find_vendors():
        example = examples[vendor.name]
        target = f"{example['path']}?{encode(example['query'])}"
        for host in vendor.hosts:
            for tls in (True, False):
                status, body = demo.get(host, target, example["headers"], tls=tls)
                assert (status, bool(body)) == (200, True), (host, tls, body)
                assert demo.get(host, target, {}, tls=tls)[0] in (400, 401, 403), (host, tls)
        assert demo.get("mockserver", f"/{vendor.name}{target}", example["headers"])[0] == 200
        assert demo.get(f"{vendor.name}.localhost", target, example["headers"], tls=False)[0] == 200


@pytest.mark.slow
def test_a_client_that_trusts_the_authority_uses_the_real_host_and_others_are_warned(demo: Demo) -> None:
    host = next(host for host in HOSTS if host.count(".") == 2)
    curl = ["curl", "-sS", "--noproxy", "*", "--connect-to", f"{host}:443:127.0.0.1:{demo.tls_port}"]
    trusting = [*curl, "--cacert", str(demo.authority), f"https://{host}/"]
    status, body, complaints = run(trusting, demo.environment, demo.folder)
    assert (status, complaints) == (0, "")
    assert json.loads(body)
    assert run([*curl, f"https://{host}/"], demo.environment, demo.folder)[0] == 60
    with pytest.raises(ssl.SSLCertVerificationError):
        demo.get("another.example", "/", {})


@pytest.mark.slow
@pytest.mark.parametrize("tls", [True, False], ids=["tls", "http"])
def test_control_wants_the_token_at_every_host(demo: Demo, tls: bool) -> None:
    for host in ("localhost", *HOSTS):
        for target in ("sandboxes", "requests", "vendors", "fidelity"):
            assert demo.get(host, f"/__admin/{target}", {}, tls=tls)[0] == 401, (host, target)
        assert demo.get(host, "/__admin/sandboxes", {"X-Mock-Control-Token": "another"}, tls=tls)[0] == 401
        assert demo.get(host, "/__admin/sandboxes", TOKEN, tls=tls)[0] == 200
        assert demo.get(host, "/__admin/health", {}, tls=tls)[0] == 200
    assert demo.get("localhost", "/__admin/reset", {}, tls=tls, method="POST")[0] == 401
    assert demo.get("localhost", "/__admin/reset", TOKEN, tls=tls, method="POST") == (200, {"reset": ["default"]})
    assert "choose-one" not in demo.printed  # whoever gave it knows it


@pytest.mark.slow
def test_both_ports_are_one_world_and_its_data_is_of_today(demo: Demo) -> None:
    demo.get("localhost", "/nowhere", {"X-Mock-Sandbox": "both"}, tls=True)
    demo.get("localhost", "/nowhere", {"X-Mock-Sandbox": "both"}, tls=False)
    for tls in (True, False):
        asked = {**TOKEN, "X-Mock-Sandbox": "both"}
        assert demo.get("localhost", "/__admin/requests", asked, tls=tls)[1]["meta"]["total"] == 2
    now = demo.get("localhost", "/__admin/clock", TOKEN)[1]["now"]
    shipped = DatasetCatalog(find_vendors()).load_all("default")
    assert clock.parse_instant(now) > max(data.anchor for data in shipped.values())


@pytest.mark.slow
def test_the_authority_stays_and_only_its_owner_reads_the_keys(demo: Demo) -> None:
    certs = demo.folder / "certs"
    assert sorted(path.name for path in certs.iterdir()) == ["ca.key", "ca.pem", "server.key", "server.pem"]
    assert {path.stat().st_mode & 0o077 for path in certs.glob("*.key")} == {0}
    before = {path.name: path.read_bytes() for path in certs.iterdir()}
    *shell, script = DEMO["command"]
    assert run([*shell, script.removesuffix("exec mockserver serve\n")], demo.environment, certs, certs)[0] == 0
    changed = {path.name for path in certs.iterdir() if path.read_bytes() != before[path.name]}
    assert changed == {"server.key", "server.pem"}


@pytest.mark.slow
@pytest.mark.skipif(not can_contain(), reason="this machine gives no process a view of its own of the file system")
def test_the_commands_ran_where_nothing_else_can_be_written(demo: Demo) -> None:
    looking = ["sh", "-c", "grep CapEff /proc/self/status; touch $HOME/x && rm $HOME/x && touch certs/x"]
    status, printed, complaints = run(looking, demo.environment, demo.folder, demo.folder / "tmp")
    assert (status, printed.split()) == (1, ["CapEff:", "0" * 16])
    assert "Read-only file system" in complaints
