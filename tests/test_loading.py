"""What a start leaves for later: tried in a process of its own, as this one has everything."""

from __future__ import annotations

import subprocess
import sys

TRIED = """
import re
from mockserver.loading import import_marshmallow

import_marshmallow()
from marshmallow import ValidationError, validate

assert not isinstance(validate.Email.DOMAIN_REGEX, re.Pattern), "it was compiled at once"
assert isinstance(validate.Email.USER_REGEX, re.Pattern), "more than the slow one was left"
assert isinstance(re.compile("a"), re.Pattern), "re is another one for good"
for address in ("a@b.example", "a@localhost", '"ab"@b.example'):
    assert validate.Email()(address) == address
for wrong in ("a@b..example", "a b@b.example", "a@[1.2.3.4]x"):
    try:
        validate.Email()(wrong)
    except ValidationError:
        continue
    raise AssertionError(wrong)
"""


def test_the_pattern_of_e_mail_addresses_waits_until_it_is_used_and_works_then() -> None:
    tried = subprocess.run([sys.executable, "-c", TRIED], capture_output=True, text=True, check=False)
    assert (tried.returncode, tried.stderr) == (0, "")
