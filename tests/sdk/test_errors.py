"""Facts carry what a vendor may want to say, never a sentence and never a status."""

from __future__ import annotations

import inspect

import pytest

from mockserver.sdk import errors

FACTS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.ApiError) and kind is not errors.ApiError
]


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_can_be_made_without_arguments_and_raised(fact: type[errors.ApiError]) -> None:
    with pytest.raises(fact):
        raise fact()


def test_what_facts_carry() -> None:
    assert errors.MethodNotAllowed().allowed == ("GET", "HEAD")
    assert errors.UriTooLong(5).limit == 5
    assert errors.Throttled(limit=3, retry_after=7).retry_after == 7
    assert errors.InvalidParams().errors == ()
    assert errors.RequestedStatus(418).status == 418


def test_a_misuse_is_no_fact() -> None:
    misuse = errors.Problem("Bad thing", "That is bad.")
    assert not isinstance(misuse, errors.ApiError)
    assert (misuse.status, misuse.code, misuse.choices) == (400, "misuse", ())
