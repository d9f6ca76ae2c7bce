"""Vendors are found as folders and by entry point, and never named."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import Throttled
from mockserver.vendors import BadVendor, check_vendors
from tests.support.acme import BILLS, RICH, acme
from tests.support.client import WALL


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution that offers a vendor, as pip would have left it."""
    info = tmp_path / "acme_mock-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-mock\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mockserver.vendors]\nacme = acme_mock:VENDOR\n")
    (tmp_path / "acme_mock.py").write_text(
        "from pathlib import Path\nfrom tests.support.acme import acme\nVENDOR = acme(Path(__file__).parent / 'data')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_mock", raising=False)
    return tmp_path


def test_every_folder_is_a_vendor_in_the_order_of_names() -> None:
    names = [vendor.name for vendor in shelf.find_vendors()]
    folder = Path(shelf.__file__).parent
    assert names == sorted(path.parent.name for path in folder.glob("*/__init__.py"))


def test_an_installed_vendor_is_found_by_its_entry_point(installed: Path) -> None:
    assert "acme" in [vendor.name for vendor in shelf.find_vendors()]
    client = create_app(make_settings({}, {}), wall=lambda: WALL).test_client()
    assert client.get(f"/acme{BILLS}", headers={"X-Acme-Key": RICH}).status_code == 200
    sys.modules.pop("acme_mock")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("raise RuntimeError('sour')", r"^the entry point acme = acme_mock:VENDOR cannot be loaded: sour$"),
        ("VENDOR = 5", r"^the entry point acme = acme_mock:VENDOR gives int, wanted a Vendor named VENDOR$"),
    ],
)
def test_an_entry_point_that_gives_no_vendor(installed: Path, source: str, sentence: str) -> None:
    (installed / "acme_mock.py").write_text(source)
    with pytest.raises(BadVendor, match=sentence):
        shelf.find_vendors()
    sys.modules.pop("acme_mock", None)


def test_one_may_be_given_to_create_app(vendor: Vendor) -> None:
    client = create_app(make_settings({}, {}), vendors=[vendor], wall=lambda: WALL).test_client()
    assert "acme" in client.get("/__admin/health").get_json()["vendors"]
    assert client.get(BILLS, headers={"X-Acme-Key": RICH}).status_code == 200


def test_names_are_unique_and_sorted(vendor: Vendor, tmp_path: Path) -> None:
    other = acme(tmp_path, name="aaron")
    assert check_vendors([vendor, other, vendor]) == (other, vendor)
    with pytest.raises(BadVendor, match="two vendors are named acme"):
        check_vendors([vendor, acme(tmp_path)])


def test_a_vendor_without_words_for_a_fact_is_not_taken_in(vendor: Vendor) -> None:
    silent = replace(vendor, errors=tuple(words for words in vendor.errors if words.error is not Throttled))
    with pytest.raises(BadVendor, match="acme has no words for Throttled"):
        check_vendors([silent])
