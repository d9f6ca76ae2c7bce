"""What all tests share: nothing listens, nothing sleeps, the wall clock stands still."""

from __future__ import annotations

import os

import pytest

for name in [name for name in os.environ if name.startswith("MOCKSERVER_")]:
    del os.environ[name]  # settings of the person who runs the tests are not part of them

pytest.register_assert_rewrite("tests.contract", "tests.client")
