"""What a vendor is written with comes from ``mockserver.sdk``."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver import sdk


@pytest.mark.parametrize("name", sdk.__all__)
def test_every_name_is_where_type_checkers_find_it(name: str) -> None:
    tree = ast.parse(Path(sdk.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert homes.keys() == set(sdk.__all__)
    home = __import__(f"mockserver.sdk.{homes[name] or name}", fromlist=["*"])
    assert getattr(sdk, name) is (getattr(home, name) if homes[name] else home)


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match=r"'mockserver\.sdk' has no attribute 'nonsense'"):
        sdk.nonsense  # noqa: B018


def test_the_contract_needs_no_faker() -> None:
    program = "import sys; from mockserver.sdk import Vendor, fields, params, recipe_in; print('faker' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
