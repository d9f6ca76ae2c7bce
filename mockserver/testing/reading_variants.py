"""The runs of a test that ``@pytest.mark.readings`` asks for."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from .. import vendors


def make_variants(names: Collection[str]) -> list[dict[str, str]]:
    """The defaults, then each other choice of each reading by itself."""
    known = {vendor.name: vendor for vendor in vendors.find_vendors()}
    if not names:
        pytest.fail(f"@pytest.mark.readings(...) names no vendor; there are {', '.join(known)}.", pytrace=False)
    for name in names:
        if name not in known:
            pytest.fail(f"there is no vendor {name!r} to be read; there are {', '.join(known)}.", pytrace=False)
    return [
        {},
        *(
            {f"{name}.{reading.name}": choice}
            for name in names
            for reading in known[name].readings
            for choice in reading.choices
            if choice != reading.default
        ),
    ]
