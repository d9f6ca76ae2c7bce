"""Matchers: matches, mismatches with their reasons, and invalid matchers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sandbox.matching import (
    Difference,
    InvalidMatcher,
    MatchInput,
    check_matcher,
    count_missing,
    differences,
    make_comparison,
    make_test,
    matches,
)

SEEN = MatchInput(
    {"vendor": "acme", "operation": "listBills", "method": "GET", "path": "/v3/bills", "status": 200},
    {"page": ["2"], "tag": ["a", "b"], "empty": [""]},
    {"x-acme-key": "secret", "accept": "application/json"},
    "secret",
)


@pytest.mark.parametrize(
    "matcher",
    [
        {},
        {"vendor": "acme", "operation": "listBills", "method": "GET", "path": "/v3/bills", "status": 200},
        {"query": {}},
        {"query": {"page": "2"}},
        {"query": {"page": {"equalTo": "2"}}},
        {"query": {"tag": "a"}},  # any of several
        {"query": {"tag": {"contains": "b"}}},
        {"query": {"empty": ""}},
        {"query": {"empty": {"absent": False}}},
        {"query": {"other": {"absent": True}}},
        {"headers": {"Accept": {"contains": "json"}, "X-ACME-KEY": "secret", "cookie": {"absent": True}}},
        {"credential": "secret"},
        {"credential": {"contains": "cre"}},
    ],
)
def test_what_fits(matcher: dict[str, Any]) -> None:
    assert check_matcher(matcher) is matcher
    assert matches(matcher, SEEN)
    assert differences(matcher, SEEN) == []


@pytest.mark.parametrize(
    ("matcher", "different"),
    [
        ({"vendor": "bolt"}, [("vendor", "bolt", "acme")]),
        ({"status": 404, "method": "POST"}, [("status", 404, 200), ("method", "POST", "GET")]),
        ({"operation": None}, [("operation", None, "listBills")]),
        ({"query": {"page": "02"}}, [("query.page", "02", "2")]),
        ({"query": {"tag": "c"}}, [("query.tag", "c", "b")]),
        ({"query": {"other": {"contains": ""}}}, [("query.other", {"contains": ""}, None)]),
        ({"query": {"page": {"absent": True}}}, [("query.page", {"absent": True}, "2")]),
        ({"query": {"other": {"absent": False}}}, [("query.other", {"absent": False}, None)]),
        ({"headers": {"Accept": "text/html"}}, [("headers.Accept", "text/html", "application/json")]),
        ({"credential": "another"}, [("credential", "another", "this one")]),
        ({"credential": "wanted-secret"}, [("credential", "another", "this one")]),  # the message repeats no secret
    ],
)
def test_what_does_not_and_why(matcher: dict[str, Any], different: list[tuple[str, Any, Any]]) -> None:
    check_matcher(matcher)
    assert differences(matcher, SEEN) == [Difference(*each) for each in different]
    assert not matches(matcher, SEEN)


def test_a_call_without_a_credential() -> None:
    bare = MatchInput({}, {}, {})
    assert matches({"credential": {"absent": True}}, bare)
    assert differences({"credential": "x"}, bare) == [Difference("credential", "another", None)]


@pytest.mark.parametrize(
    ("matcher", "told"),
    [
        ([], "a matcher is [], wanted an object"),
        (
            {"vendr": "x"},
            "vendr is no field of a matcher, wanted one of vendor, operation, method, path, status, query",
        ),
        ({"vendor": 7}, "vendor is 7, wanted a text"),
        ({"vendor": None}, "vendor is null, wanted a text"),
        ({"path": {"contains": "/"}}, 'path is {"contains": "/"}, wanted a text'),
        ({"status": "200"}, 'status is "200", wanted a whole number'),
        ({"status": True}, "status is true, wanted a whole number"),
        ({"query": "page=2"}, 'query is "page=2", wanted an object of names'),
        ({"query": {"page": 2}}, "query.page is 2, wanted a text, {"),
        ({"query": {"page": {"equalTo": 2}}}, 'query.page is {"equalTo": 2}, wanted a text, {'),
        ({"query": {"page": {"absent": "yes"}}}, 'query.page is {"absent": "yes"}, wanted'),
        (
            {"headers": {"A": {"equalTo": "x", "contains": "y"}}},
            'headers.A is {"equalTo": "x", "contains": "y"}, wanted',
        ),
        ({"headers": {"A": {"matches": "x"}}}, 'headers.A is {"matches": "x"}, wanted'),
        ({"query": dict.fromkeys(map(str, range(101)), "x")}, "query has 101 names, wanted at most 100"),
        ({"credential": 7}, "credential is something that is not shown, wanted a text"),
    ],
)
def test_what_cannot_be_understood(matcher: Any, told: str) -> None:
    with pytest.raises(InvalidMatcher) as refused:
        check_matcher(matcher)
    assert str(refused.value).startswith(told)


def test_a_field_that_nothing_has_there_is_refused() -> None:
    assert check_matcher({"vendor": "acme"}, without=("status",))
    with pytest.raises(InvalidMatcher) as refused:
        check_matcher({"status": 200}, without=("status",))
    wanted = "vendor, operation, method, path, query, headers, credential"
    assert str(refused.value) == f"status is no field of a matcher, wanted one of {wanted}"


@pytest.mark.parametrize("text", ["(a+)+$", ".*", "[", "\\"])
def test_no_text_of_a_matcher_is_a_pattern(text: str) -> None:
    for condition in (text, {"equalTo": text}, {"contains": text}):
        matcher = check_matcher({"query": {"page": condition}})
        assert not matches(matcher, SEEN._replace(query={"page": ["a" * 100_000 + "!"]}))
        assert matches(matcher, SEEN._replace(query={"page": [text]}))


OFTEN = SEEN._replace(query={"page": [str(number) for number in range(2000)], "none": []})


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ("1999", True),
        ("2000", False),
        ({"equalTo": "0"}, True),
        ({"equalTo": "x"}, False),
        ({"contains": "99"}, True),
        ({"contains": "x"}, False),
        ({"absent": False}, True),
        ({"absent": True}, False),
    ],
)
def test_one_of_the_values_that_a_name_is_sent_with_is_enough(condition: Any, fits: bool) -> None:
    assert matches({"query": {"page": condition}}, OFTEN) is fits
    assert make_test({"query": {"page": condition}})(OFTEN) is fits


NAMES = some.sampled_from(["page", "Page", "a", "x-acme-key", "X-Acme-Key"])
CONDITIONS = some.sampled_from(["1", {"contains": ""}, {"absent": True}, {"absent": False}, {"equalTo": "1"}])


@given(
    some.fixed_dictionaries(
        {},
        optional={
            "query": some.dictionaries(NAMES, CONDITIONS),
            "headers": some.dictionaries(NAMES, CONDITIONS),
            "method": some.sampled_from(["GET", "PUT"]),
        },
    ),
    some.dictionaries(NAMES, some.just(["1"])),
    some.dictionaries(NAMES.map(str.lower), some.just("1")),
)
def test_many_calls_are_matched_as_each_of_them(matcher: Any, query: Any, headers: Any) -> None:
    seen = SEEN._replace(query=query, headers=headers)
    assert list(make_comparison(matcher)(seen)) == differences(matcher, seen)
    assert count_missing(matcher)(seen) <= len(differences(matcher, seen))
    assert make_test(matcher)(seen) is matches(matcher, seen)
