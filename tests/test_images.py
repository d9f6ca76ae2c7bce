"""Dockerfile and docker-compose.yml: right by all checks that need no Docker engine, and by running their commands."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.cli import commands
from mockserver.settings import make
from mockserver.version import __version__

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())


def service() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]["mockserver"]
    return found


def test_the_compose_file_fits_its_published_schema() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*checker, str(ROOT / "docker-compose.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_has_two_stages_and_runs_as_nobody() -> None:
    assert len(instructions("FROM")) == 2
    assert instructions("USER") == ["10001"]
    assert service()["read_only"] is True


def test_what_the_image_copies_is_in_the_checkout_and_in_its_context() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            for name in line.split()[:-1]:
                assert (ROOT / name).exists(), name
                assert name in allowed, name


def test_the_commands_are_commands_of_ours() -> None:
    for line in [*instructions("CMD"), re.findall(r"CMD (\[.+\])$", instructions("HEALTHCHECK")[0])[0]]:
        program, command = json.loads(line)
        assert program == "mockserver"
        assert command in commands.commands
    assert service()["command"] == json.loads(instructions("CMD")[0])
    assert service()["healthcheck"]["test"][1:] == ["mockserver", "health"]


def test_the_environment_is_made_of_settings_that_exist() -> None:
    ours = {name: value for name, value in image_environment().items() if name.startswith("MOCKSERVER_")}
    assert make({}, ours).port == 8080
    composed = {name: re.sub(r"\$\{\w+:-(\w+)}", r"\1", value) for name, value in service()["environment"].items()}
    assert make({}, composed).host == "0.0.0.0"


def test_the_image_tag_is_the_version() -> None:
    assert service()["image"] == f"mockserver:{__version__}"


@pytest.mark.slow
def test_the_containers_commands_serve_and_find_themselves_healthy(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    program = str(Path(sys.executable).with_name("mockserver"))
    environment = {**os.environ, **image_environment(), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    environment |= {"MOCKSERVER_HOST": "127.0.0.1", "MOCKSERVER_PORT": "0", "MOCKSERVER_PORT_FILE": str(port_file)}
    _, *command = json.loads(instructions("CMD")[0])
    with subprocess.Popen([program, *command], env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            next(line for line in server.stdout if line.startswith("health:"))
            environment["MOCKSERVER_PORT"] = port_file.read_text().strip()
            check = subprocess.run(
                [program, "health"], env=environment, capture_output=True, text=True, check=False, timeout=30
            )
            assert check.returncode == 0, check.stdout + check.stderr
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(15)
    assert server.returncode == 0
