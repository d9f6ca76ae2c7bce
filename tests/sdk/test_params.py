"""Reading a query: values, warnings, parameter errors."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from marshmallow import Schema, ValidationError, fields

from mockserver.sdk import param_reader, params
from mockserver.sdk.call_warnings import CallWarning
from mockserver.sdk.errors import InvalidParams, ParamError
from mockserver.sdk.querystring import Pairs


class Query(params.ParamSchema):
    page = params.Integer(minimum=1, maximum=99, below="1", above="99", load_default=7)
    least = params.Integer(minimum=0)
    most = params.Integer(maximum=9)
    number = params.Integer(data_key="filter[number]")
    state = params.Choice(["Open", "Paid"])
    kind = params.Choice({"a": 1, "b": None}, any_case=True)
    day = params.Day()
    text = params.Text(empty="value")
    name = params.Text(empty="refused")


class Needs(params.ParamSchema):
    first = params.Text(required=True)
    second = params.Integer(required=True, data_key="the-second")


QUERY = Query()


def read(schema: Schema, sent: Pairs, **how: Any) -> tuple[dict[str, Any], list[CallWarning]]:
    """The values, and what was told on the way."""
    notices: list[CallWarning] = []
    return param_reader.read_params(schema, sent, notices.append, **how), notices


def value(name: str, text: str) -> Any:
    values, notices = read(QUERY, [(name, text)])
    assert notices == []
    return values[(QUERY.fields.keys() & {name} or {"number"}).pop()]


def param_error(name: str, text: str) -> ParamError:
    with pytest.raises(InvalidParams) as refused:
        read(QUERY, [(name, text)])
    (only,) = refused.value.errors
    return only


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("page", "1", 1),
        ("page", "+99", 99),
        ("page", "007", 7),
        ("page", "0" * 500 + "8", 8),
        ("filter[number]", "-12", -12),
        ("state", "Paid", "Paid"),
        ("kind", "A", 1),
        ("kind", "b", None),
        ("day", "2024-02-29", date(2024, 2, 29)),
        ("text", "", ""),
        ("text", " ", " "),
        ("name", "x", "x"),
    ],
)
def test_what_is_read(name: str, text: str, read: Any) -> None:
    found = value(name, text)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("name", "text", "code", "wanted", "instead"),
    [
        ("page", "0", "out-of-range", "an integer from 1 to 99", "1"),
        ("page", "100", "out-of-range", "an integer from 1 to 99", "99"),
        ("page", "9" * 10_000, "out-of-range", "an integer from 1 to 99", "99"),
        ("page", "-" + "9" * 10_000, "out-of-range", "an integer from 1 to 99", "1"),
        ("page", "1.0", "not-an-integer", "an integer from 1 to 99", None),
        ("page", "٣", "not-an-integer", "an integer from 1 to 99", None),
        ("page", " 1", "not-an-integer", "an integer from 1 to 99", None),
        ("page", "1_0", "not-an-integer", "an integer from 1 to 99", None),
        ("least", "-1", "out-of-range", "an integer of at least 0", None),
        ("most", "10", "out-of-range", "an integer of at most 9", None),
        ("filter[number]", "x", "not-an-integer", "an integer", None),
        ("state", "paid", "unknown-value", "one of Open, Paid", None),
        ("kind", "c", "unknown-value", "one of a, b", None),
        ("day", "2024-2-9", "bad-date", "a day as yyyy-MM-dd", None),
        ("day", "2023-02-29", "bad-date", "a day as yyyy-MM-dd", None),
        ("day", "2024-02-29\n", "bad-date", "a day as yyyy-MM-dd", None),
        ("name", "", "empty", "text", None),
    ],
)
def test_what_is_complained_about(name: str, text: str, code: str, wanted: str, instead: str | None) -> None:
    assert param_error(name, text) == ParamError(name, code, text, wanted, instead)


def test_errors_come_in_the_order_of_the_document_not_of_the_query() -> None:
    with pytest.raises(InvalidParams) as refused:
        read(QUERY, [("name", ""), ("day", "x"), ("page", "x")])
    assert [one.name for one in refused.value.errors] == ["page", "day", "name"]


def test_a_missing_parameter_is_complained_about_by_the_name_it_is_sent_with() -> None:
    with pytest.raises(InvalidParams) as refused:
        read(Needs(), [("first", "")])
    assert refused.value.errors == (
        ParamError("first", "required", None, "text"),
        ParamError("the-second", "required", None, "an integer"),
    )


def test_defaults_and_absent_parameters() -> None:
    assert read(QUERY, []) == ({"page": 7}, [])


def test_an_empty_value_is_as_if_absent_and_told() -> None:
    values, notices = read(QUERY, [("state", "")])
    assert values == {"page": 7}
    assert notices == [CallWarning("query.state", "ignored-value", "state is empty and was read as absent.")]


def test_unknown_parameters_are_told_once_each() -> None:
    values, notices = read(QUERY, [("stat", "1"), ("stat", "2"), ("State", "Open")])
    assert values == {"page": 7}
    assert [(notice.location, notice.code) for notice in notices] == [
        ("query.stat", "unknown-parameter"),
        ("query.State", "unknown-parameter"),
    ]
    assert "Did you mean state?" in notices[0].message
    assert "Did you mean state?" in notices[1].message


@pytest.mark.parametrize(
    ("repeated", "wanted", "rule"),
    [("first", "a", "the first counts."), ("last", "c", "the last counts."), ("joined", "a,b,c", "joined by commas.")],
)
def test_which_of_several_values_counts(repeated: param_reader.Repeated, wanted: str, rule: str) -> None:
    sent = [("text", "a"), ("text", "b"), ("text", "c")]
    values, (notice,) = read(QUERY, sent, repeated=repeated)
    assert values["text"] == wanted
    assert (notice.location, notice.code) == ("query.text", "repeated-parameter")
    assert notice.message.startswith("text was sent 3 times; ")
    assert notice.message.endswith(rule)


def test_what_a_forgiving_vendor_reads_instead() -> None:
    sent = [("page", "1000"), ("state", "x" * 90), ("day", "2024-02-29")]
    values, notices = read(QUERY, sent, tolerates=lambda error: True)
    assert values == {"page": 99, "day": date(2024, 2, 29)}
    assert [notice.code for notice in notices] == ["ignored-value", "ignored-value"]
    assert notices[0].message == "page was '1000', wanted an integer from 1 to 99; read as 99."
    assert notices[1].message == f"state was '{'x' * 57}...', wanted one of Open, Paid; read as its default."


def test_a_refusal_does_not_silence_the_rest() -> None:
    told: list[CallWarning] = []
    with pytest.raises(InvalidParams):
        param_reader.read_params(QUERY, [("page", "x"), ("pge", "1")], told.append)
    assert [(notice.location, notice.code) for notice in told] == [
        ("query.pge", "unknown-parameter"),
        ("query.page", "refused-value"),
    ]
    assert told[1].message == "page was 'x', wanted an integer from 1 to 99."


def test_only_what_is_not_ignored_is_refused() -> None:
    with pytest.raises(InvalidParams) as refused:
        read(QUERY, [("page", "0"), ("day", "x")], tolerates=lambda error: error.name == "page")
    assert [one.name for one in refused.value.errors] == ["day"]


def test_names_and_words_as_a_spec_wants_them() -> None:
    assert params.param_names(QUERY)[:4] == ["page", "least", "most", "filter[number]"]
    kind = QUERY.fields["kind"]
    assert isinstance(kind, params.Choice)
    assert kind.words == ("a", "b")


@given(some.lists(some.tuples(some.sampled_from([*params.param_names(QUERY), "other"]), some.text())))
def test_any_query_is_read_or_complained_about(sent: list[tuple[str, str]]) -> None:
    with suppress(InvalidParams):
        values, _ = read(QUERY, sent)
        assert set(values) <= set(QUERY.fields)
    read(QUERY, sent, tolerates=lambda error: True)


def even(number: int) -> None:
    if number % 2:
        raise ValidationError([ParamError("number", "odd", str(number), "an even number")])


class Foreign(params.ParamSchema):
    """What marshmallow offers beside fields of ours: validators, and fields of its own."""

    number = params.Integer(validate=even)
    flag = fields.Boolean()


def test_validators_and_fields_of_marshmallow_are_heard_as_well() -> None:
    values, _ = read(Foreign(), [("number", "4"), ("flag", "yes")])
    assert values == {"number": 4, "flag": True}
    with pytest.raises(InvalidParams) as refused:
        read(Foreign(), [("number", "5")])
    assert refused.value.errors == (ParamError("number", "odd", "5", "an even number"),)


class Lenient(params.ParamSchema):
    arrays = True

    day = params.Day(required=True)
    size = params.Integer(load_default=10, synonyms=("limit",))


def test_a_vendor_may_take_a_value_for_another_one() -> None:
    notices: list[CallWarning] = []
    taken = {"day": params.ReadAs("some day"), "size": params.ReadAs(7, "seven")}
    values = param_reader.read_params(
        Lenient(),
        [("day", "x"), ("size", "y")],
        notices.append,
        tolerates=lambda error: taken[error.name],
    )
    assert values == {"day": "some day", "size": 7}
    assert [(notice.location, notice.code) for notice in notices] == [("query.size", "ignored-value")]
    assert notices[0].message == "size was 'y', wanted an integer; read as seven."


def test_what_is_taken_as_absent_is_so_whatever_the_error_proposes() -> None:
    notices: list[CallWarning] = []
    schema = params.ParamSchema.from_dict({"size": params.Integer(maximum=50, above="50", load_default=10)})()
    values = param_reader.read_params(
        schema, [("size", "99")], notices.append, tolerates=lambda error: params.AS_ABSENT
    )
    assert values == {"size": 10}
    assert notices[0].message.endswith("read as its default.")


def test_an_array_is_read_as_its_name_where_a_schema_says_so() -> None:
    notices: list[CallWarning] = []
    sent = [("day[]", "2026-01-02"), ("size[]", "1"), ("size", "2"), ("limit[]", "3")]
    values = param_reader.read_params(Lenient(), sent, notices.append)
    assert values["size"] == 2
    assert [notice.code for notice in notices] == [
        "respelled-parameter",
        "respelled-parameter",
        "unknown-parameter",
        "repeated-parameter",
    ]
    assert "Did you mean size?" in notices[2].message
