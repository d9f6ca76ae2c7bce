"""A command that runs beside a server of its own: its environment, its end, and the verdict on what it sent."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from ..engine import verdict
from ..engine.journal import Journal
from ..engine.runtime import Runtime
from ..sandbox.store import DEFAULT
from ..testing.report import calls_told, findings_told, mistakes, numbered, verdict_told

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 128
HEARD = [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def variables(world: Runtime, url: str) -> dict[str, str]:
    """What a client needs to know: the server's URL and control token; each vendor's base URL, and its example
    account's secret and headers (as JSON).
    """
    found, default = {"MOCKSERVER_URL": url}, world.sandboxes.initial(DEFAULT, world.wall_time())
    if world.settings.control_token:
        found["MOCKSERVER_CONTROL_TOKEN"] = world.settings.control_token
    for vendor in world.vendors:
        data = world.sandboxes.dataset(default, vendor)
        headers = dict(vendor.example(data.accounts.first, data).headers)
        secret = vendor.credential.read({name.lower(): value for name, value in headers.items()})
        prefix = "MOCKSERVER_" + re.sub(r"\W", "_", vendor.name).upper()
        found[f"{prefix}_URL"] = f"{url}/{vendor.name}"
        found[f"{prefix}_CREDENTIAL"] = secret or ""
        found[f"{prefix}_HEADERS"] = json.dumps(headers)
    return found


def past_proxies(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """``NO_PROXY`` and ``no_proxy``, with the server's address added to what they say: it is behind no proxy."""
    host, found = urlsplit(url).hostname or "", {}
    for name, twin in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        before = environment.get(name, environment.get(twin, ""))
        known = [part.strip() for part in before.split(",") if part.strip()]
        found[name] = before if known == ["*"] or host in known else ",".join([*known, host])
    return found


def obey(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end; its exit status, as a shell has it.

    Ctrl-C reaches the command from the terminal, so it is only waited for; a request to terminate, or to hang up, is
    handed on.
    """
    program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
    with subprocess.Popen([program, *command[1:]], env=environment) as process:

        def hand_on(number: int, frame: FrameType | None) -> None:
            if number != signal.SIGINT:
                process.send_signal(number)

        before = {number: signal.signal(number, hand_on) for number in HEARD}
        try:
            status = process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return status if status >= 0 else KILLED - status


def judge(world: Runtime, ignore: Collection[str] = (), fail_on: Collection[str] = ()) -> tuple[bool, list[str], str]:
    """Whether any sandbox's calls break the verdict, or were mistakes where that is strict; what to say of it; and the
    verdict on every sandbox as one JUnit XML text. Checks in ``ignore`` are left out; advice of those in ``fail_on``
    breaks the verdict, too.
    """
    broken, told, judged, suites = False, list[str](), 0, ET.Element("testsuites", name="mockserver")
    paths = {vendor.name: [endpoint.path for endpoint in vendor.operations] for vendor in world.vendors}
    for name in sorted(world.store.sandboxes()):
        calls = Journal(world.store, name).entries()
        judged += len(calls)
        whole = not world.store.dropped(name)
        checks = verdict.judge(
            calls, world.vendors, refuses_live=world.settings.refuse_live, whole=whole, ignore=ignore
        )
        checks = verdict.apply_fail_on(checks, fail_on)
        suites.extend(ET.fromstring(verdict.render_junit(name, checks)))
        if verdict.combine(checks) == "broken":
            broken = True
            told += verdict_told(verdict.render_json(name, checks))
        elif any(check.findings for check in checks):
            told += [f"sandbox {name}: advice", *findings_told(verdict.render_json(name, checks))]
        if wrong := mistakes(calls):
            broken = True
            told.append(f"sandbox {name}: {len(wrong)} of {len(calls)} calls are not as documented")
            told += calls_told(wrong, paths.__getitem__)
    if not broken:
        stands = f"the verdict on {numbered(judged, 'call')} stands." if judged else "no call is there to be judged."
        told.append(f"mockserver: {stands}")
    if judged:
        told.append(decisive_told(ignore, fail_on))
    return broken, told, ET.tostring(suites, "unicode")


def decisive_told(ignore: Collection[str], fail_on: Collection[str]) -> str:
    """Which checks decide the exit status, and which only advise."""
    judged = [name for name in verdict.CHECKS if name not in ignore]
    advised = [name for name in judged if name in verdict.OPTIONAL_CHECKS and name not in fail_on]
    decisive = ", ".join(name for name in judged if name not in advised) or "no check"
    advice = f"; {', '.join(advised)} only advises (--fail-on {','.join(advised)})" if advised else ""
    return f"mockserver: the exit status is decided by {decisive}{advice}."


def write(junit: Path, text: str) -> None:
    """Write a JUnit file, in a folder that is made if need be (a clean build takes it away). Raises OSError."""
    junit.parent.mkdir(parents=True, exist_ok=True)
    junit.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', encoding="utf-8", newline="\n")
