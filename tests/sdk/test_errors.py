"""API errors carry what a vendor may say, but no text and no status."""

from __future__ import annotations

import inspect

import pytest

from mockserver.sdk import errors

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.ApiError) and kind is not errors.ApiError
]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_can_be_made_without_arguments_and_raised(error: type[errors.ApiError]) -> None:
    with pytest.raises(error):
        raise error()


def test_what_errors_carry() -> None:
    assert errors.MethodNotAllowed().allowed == ("GET", "HEAD")
    assert errors.UriTooLong(5).limit == 5
    assert errors.Throttled(limit=3, retry_after=7).retry_after == 7
    assert errors.InvalidParams().errors == ()
    assert errors.RequestedStatus(418).status == 418


def test_a_problem_is_not_an_api_error() -> None:
    problem = errors.Problem("Bad thing", "That is bad.")
    assert not isinstance(problem, errors.ApiError)
    assert (problem.status, problem.code, problem.choices) == (400, "misuse", ())
