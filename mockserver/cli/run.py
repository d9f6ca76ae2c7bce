"""``mockserver run``: a command beside a server of its own, and the verdict on its calls."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

from ..engine import verdict
from ..engine.journal import Journal
from ..engine.runtime import Runtime
from ..sandbox.store import DEFAULT
from ..sdk.errors import InvalidSetting
from ..testing.report import describe_calls, describe_findings, describe_verdict, find_mistakes
from ..testing.server import Server
from .options import print_unknown_variables, settings_options
from .output import count

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 128  # exit statuses, as a shell has them
FORWARDED_SIGNALS = [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@click.command(context_settings={"allow_interspersed_args": False})
@settings_options(
    "host",
    "port",
    "port_file",
    "workers",
    "watch",
    "reset_at",
    "control",
    "public_url",
    "trusted_proxies",
    "tls_cert",
    "tls_key",
    "tls_port",
    "log_format",
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="write the verdict there as JUnit XML")
@click.option("--ignore", default="", metavar="LIST", help="checks to leave out of the verdict: pages,...")
@click.option(
    "--fail-on",
    default="",
    metavar="LIST",
    help="checks whose advice is a failure: pages (one page of a list was read)",
)
@click.argument("command", nargs=-1, required=True)
def run(command: tuple[str, ...], junit: Path | None, ignore: str, fail_on: str, **options: Any) -> None:
    """Run a command (mockserver run -- npm test) beside a server of its own.

    The command finds MOCKSERVER_URL and, per vendor, MOCKSERVER_<VENDOR>_URL, _CREDENTIAL and _HEADERS (JSON). Ends
    with its exit status, or with 1 when the calls it made break the verdict; a list of which one page was read breaks
    it with --fail-on pages alone. What the command deletes or resets is not judged any more.
    """
    print_unknown_variables()
    ignored, decisive = _read_checks("--ignore", ignore), _read_checks("--fail-on", fail_on)
    if both := ignored & decisive:
        raise InvalidSetting(f"--ignore and --fail-on both name {', '.join(sorted(both))}, wanted in one of them.")
    if junit:
        try:
            write_junit(junit, "<testsuites/>")  # refused before a long run, not after it
        except OSError as error:
            raise InvalidSetting(f"--junit {junit} cannot be written: {error.strerror}.") from None
    with Server(**options) as server:
        environment = {**os.environ, **client_variables(server.runtime, server.url)}
        environment |= bypass_proxies(environment, server.url)
        try:
            status = run_program(command, environment)
        except OSError as error:
            click.echo(f"mockserver: {command[0]} cannot be run: {error.strerror}.", err=True)
            sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)
        broken, lines, suites = judge(server.runtime, ignored, decisive)
    for line in lines:
        click.echo(line, err=True)
    if junit:
        try:
            write_junit(junit, suites)
        except OSError as error:
            click.echo(f"mockserver: --junit {junit} cannot be written: {error.strerror}.", err=True)
            status = status or 2
    sys.exit(status or int(broken))


def _read_checks(flag: str, text: str) -> frozenset[str]:
    try:
        return verdict.parse_checks(text)
    except ValueError as error:
        raise InvalidSetting(f"{flag} is {text!r}, wanted {error}.") from None


def client_variables(runtime: Runtime, url: str) -> dict[str, str]:
    """The environment of a client: the server's URL and control token; per vendor its URL and example credentials."""
    variables, default = {"MOCKSERVER_URL": url}, runtime.sandboxes.initial(DEFAULT, runtime.wall_time())
    if runtime.settings.control_token:
        variables["MOCKSERVER_CONTROL_TOKEN"] = runtime.settings.control_token
    for vendor in runtime.vendors:
        data = runtime.sandboxes.dataset(default, vendor)
        headers = dict(vendor.example(data.accounts.first, data).headers)
        secret = vendor.credential.read({name.lower(): value for name, value in headers.items()})
        prefix = "MOCKSERVER_" + re.sub(r"\W", "_", vendor.name).upper()
        variables[f"{prefix}_URL"] = f"{url}/{vendor.name}"
        variables[f"{prefix}_CREDENTIAL"] = secret or ""
        variables[f"{prefix}_HEADERS"] = json.dumps(headers)
    return variables


def bypass_proxies(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """``NO_PROXY`` and ``no_proxy`` with the server's host added: no proxy can reach it."""
    host, variables = urlsplit(url).hostname or "", {}
    for name, twin in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        before = environment.get(name, environment.get(twin, ""))
        hosts = [part.strip() for part in before.split(",") if part.strip()]
        variables[name] = before if hosts == ["*"] or host in hosts else ",".join([*hosts, host])
    return variables


def run_program(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end; returns its exit status, as a shell has it.

    The terminal sends Ctrl-C to the command itself; other requests to end are forwarded.
    """
    program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
    with subprocess.Popen([program, *command[1:]], env=environment) as process:

        def forward(number: int, frame: FrameType | None) -> None:
            if number != signal.SIGINT:
                process.send_signal(number)

        before = {number: signal.signal(number, forward) for number in FORWARDED_SIGNALS}
        try:
            status = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return status if status >= 0 else KILLED - status


def judge(runtime: Runtime, ignore: Collection[str] = (), fail_on: Collection[str] = ()) -> tuple[bool, list[str], str]:
    """Judge the calls of all sandboxes; returns whether they fail, the lines to print, and JUnit XML.

    They fail when they break the verdict, or when a strict call was mistaken. Checks in ``ignore`` are left out;
    advice of those in ``fail_on`` breaks the verdict, too.
    """
    broken, lines, total, suites = False, list[str](), 0, ET.Element("testsuites", name="mockserver")
    paths = {vendor.name: [operation.path for operation in vendor.operations] for vendor in runtime.vendors}
    for name in sorted(runtime.store.sandboxes()):
        calls = Journal(runtime.store, name).entries()
        total += len(calls)
        complete = not runtime.store.dropped(name)
        checks = verdict.judge(
            calls, runtime.vendors, refuses_live=runtime.settings.refuse_live, whole=complete, ignore=ignore
        )
        checks = verdict.apply_fail_on(checks, fail_on)
        suites.extend(ET.fromstring(verdict.render_junit(name, checks)))
        if verdict.combine(checks) == "broken":
            broken = True
            lines += describe_verdict(verdict.render_json(name, checks))
        elif any(check.findings for check in checks):
            lines += [f"sandbox {name}: advice", *describe_findings(verdict.render_json(name, checks))]
        if mistakes := find_mistakes(calls):
            broken = True
            lines.append(f"sandbox {name}: {len(mistakes)} of {len(calls)} calls are not as documented")
            lines += describe_calls(mistakes, paths.__getitem__)
    if not broken:
        result = f"the verdict on {count(total, 'call')} stands." if total else "no calls to check."
        lines.append(f"mockserver: {result}")
    if total:
        lines.append(_describe_decisive(ignore, fail_on))
    return broken, lines, ET.tostring(suites, "unicode")


def _describe_decisive(ignore: Collection[str], fail_on: Collection[str]) -> str:
    """Which checks decide the exit status, and which only advise."""
    judged = [name for name in verdict.CHECKS if name not in ignore]
    advisory = [name for name in judged if name in verdict.OPTIONAL_CHECKS and name not in fail_on]
    decisive = ", ".join(name for name in judged if name not in advisory) or "no check"
    advice = f"; {', '.join(advisory)} only advises (--fail-on {','.join(advisory)})" if advisory else ""
    return f"mockserver: the exit status is decided by {decisive}{advice}."


def write_junit(file: Path, text: str) -> None:
    """Write a JUnit file and, after a clean build, its folder. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', encoding="utf-8", newline="\n")
