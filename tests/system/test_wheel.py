"""Installed as in the README, in a clean environment, it serves all vendors without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
import venv
from pathlib import Path
from urllib.error import HTTPError

import pytest

from mockserver.sdk.querystring import encode
from mockserver.vendors import find_vendors
from tests.support.servers import copy_checkout, running

pytestmark = pytest.mark.slow


@pytest.mark.timeout(400)
def test_what_pip_installs_serves_every_vendor_when_the_checkout_is_gone(tmp_path: Path) -> None:
    checkout, home = copy_checkout(tmp_path / "checkout"), tmp_path / "venv"
    venv.create(home, with_pip=True)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    install = [str(bin_ / "pip"), "install", "--quiet", "--disable-pip-version-check", "."]
    subprocess.run(install, cwd=checkout, check=True)
    shutil.rmtree(checkout)
    far = tmp_path / "far"
    far.mkdir()
    subprocess.run([str(bin_ / "python"), "-c", "import mockserver.sandbox.store.lua"], cwd=far, check=True)
    program = str(bin_ / "mockserver")
    listed = subprocess.run([program, "vendors", "--json"], cwd=far, capture_output=True, text=True, check=True).stdout
    vendors = json.loads(listed)
    assert [vendor["name"] for vendor in vendors] == [vendor.name for vendor in find_vendors()]
    with running([program, "serve", "--port", "0"], cwd=far) as (url, _):
        for vendor in vendors:
            call = vendor["example"]
            target = f"{url}{call['path']}?{encode(call['query'])}"
            with urllib.request.urlopen(urllib.request.Request(target, headers=call["headers"]), timeout=60) as reply:
                assert reply.status == 200
                assert len(reply.read()) > 500
        for page in ("", "__admin/site/token.js", "__admin/site/start/start.js", "__docs/specs/control.yaml"):
            asked = urllib.request.Request(f"{url}/{page}", headers={"Accept": "text/html"})
            with urllib.request.urlopen(asked, timeout=60) as reply:
                assert reply.status == 200
        with pytest.raises(HTTPError, match="501"):  # Swagger UI is an extra, which this installation is without
            urllib.request.urlopen(f"{url}/__docs", timeout=60)
        with urllib.request.urlopen(f"{url}/__admin/scenarios", timeout=60) as reply:
            assert {"healthy", "outage"} <= {scenario["name"] for scenario in json.load(reply)["scenarios"]}
        with urllib.request.urlopen(f"{url}/__admin/site/look.css", timeout=60) as reply:
            assert reply.status == 200
