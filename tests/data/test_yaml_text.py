"""YAML without surprises."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from mockserver.data import yaml_text

TEXT = some.text(some.characters(exclude_categories=["Cs"]))
DECIMALS = some.decimals(allow_nan=False, allow_infinity=False, places=2)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | DECIMALS | TEXT,
    lambda inner: some.lists(inner) | some.dictionaries(TEXT, inner),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("On", "On"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", "Null"),
        ("1.10", Decimal("1.10")),
        ("-0.00", Decimal("-0.00")),
        ("1e5", Decimal("1e5")),
        ("2.5E-3", Decimal("2.5E-3")),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".NaN", ".NaN"),
        ("0", 0),
        ("-12", -12),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("=", "="),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("{NO: 1, 5: 2}", {"NO": 1, 5: 2}),
        ("[&a {x: 1}, *a]", [{"x": 1}, {"x": 1}]),
    ],
)
def test_plain_words_stay_what_they_look_like(text: str, value: Any) -> None:
    found = yaml_text.load(text)
    assert found == value
    assert type(found) is type(value)
    assert str(found) == str(value)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.getcwd []",
        "!!python/name:os.system x",
        "!!timestamp 2026-03-01",
        "!!binary aGk=",
        "!!set {a, b}",
        "!!omap [a: 1]",
        "!own x",
        "!!float abc",
        "!!int 0x1F",
        "!!bool maybe",
        "{a: 1, b: 2, a: 3}",
        "{1: a, 1: b}",
        "[{x: {y: 1, y: 1}}]",
        "{[a]: 1}",
        "{a: 1",
        "a: b: c",
        "--- 1\n--- 2",
        "\x07",
        "9" * 5000,
    ],
)
def test_everything_else_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml_text.load(text)


def test_a_key_that_is_there_twice_is_named_with_its_line() -> None:
    with pytest.raises(yaml.MarkedYAMLError) as refused:
        yaml_text.load("a: 1\nb: 2\na: 3\n")
    assert refused.value.problem == "the key a is there twice"
    assert refused.value.problem_mark is not None
    assert refused.value.problem_mark.line == 2


@given(VALUES)
def test_what_is_dumped_is_loaded(value: Any) -> None:
    assert yaml_text.load(yaml_text.dump(value)) == value


@given(some.dictionaries(TEXT, DECIMALS, max_size=4))
def test_dumping_keeps_digits_and_the_order_of_keys(value: dict[str, Decimal]) -> None:
    found = yaml_text.load(yaml_text.dump(value))
    assert list(found) == list(value)
    assert [str(amount) for amount in found.values()] == [str(amount) for amount in value.values()]


@given(
    TEXT | some.sampled_from(["NO", "y", "010", "1_0", "12:30", "2026-03-01", "1e5", "=", "<<", ".inf", "null", "~"])
)
def test_a_reader_of_yaml_1_1_reads_our_texts_alike(text: str) -> None:
    assert yaml.safe_load(yaml_text.dump([text])) == [text]


def test_dumping_writes_no_aliases_and_breaks_no_lines() -> None:
    shared = {"name": "a b " * 200}
    text = yaml_text.dump([shared, shared])
    assert "&" not in text
    assert len(text.splitlines()) == 2


PLACES = """\
a: 1
list:
- x: 1
  y:
  - deep
- {x: 2,
   y: 3}
5: five
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 1),
        (("list",), 2),
        (("list", 0), 3),
        (("list", 0, "y"), 4),
        (("list", 0, "y", 0), 5),
        (("list", 1, "y"), 7),
        (("list", 1, "z"), 6),
        (("list", 9), 2),
        (("a", "deeper"), 1),
        ((5,), 8),
        (("nowhere",), 1),
    ],
)
def test_the_line_of_a_path(path: tuple[str | int, ...], line: int) -> None:
    assert yaml_text.find_lines(PLACES, [path]) == [line]


def test_an_empty_file_has_a_line_too() -> None:
    assert yaml_text.find_lines("", [("a",)]) == [1]


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "[" * 150 + "]" * 150, "- " * 150 + "x", "{a: " * 150 + "1" + "}" * 150], ids=len
)
def test_what_is_nested_beyond_sense_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="nested over 100 deep"):
        yaml_text.load(text)


def test_many_brackets_side_by_side_are_no_depth() -> None:
    assert yaml_text.load("[" + "[], " * 500 + "{}]") == [[]] * 500 + [{}]


def test_what_aliases_come_to_is_the_same_as_written_out() -> None:
    assert yaml_text.load("a: &a [1, &b x]\nb: [*a, *b, *a]\n") == {"a": [1, "x"], "b": [[1, "x"], "x", [1, "x"]]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)),
            "come to",
        ),
        (f"a: &a {'x' * 1000}\nb: [{', '.join(['*a'] * 1000)}]\n", "aliases that come to over 150110 characters"),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 5_000)), "nested over 100 deep"),
        ("a: &a [*a]", "an alias to what it is a part of"),
        ("a: &a {b: {c: *a}}", "an alias to what it is a part of"),
    ],
    ids=["bomb", "long text", "deep", "of itself", "of itself further in"],
)
def test_aliases_that_come_to_more_than_is_written_are_refused(text: str, told: str) -> None:
    with pytest.raises(yaml.YAMLError, match=told):
        yaml_text.load(text)


@pytest.mark.parametrize("text", ["!!float nan", "!!float Infinity", "!!float 1e999999999", "!!int " + "9" * 5_000])
def test_a_tag_makes_no_number_that_json_has_not(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match=r"is no (?:float|int)"):
        yaml_text.load(text)


@pytest.mark.parametrize("number", [2**61 - 1, 10**30, -(2**61)])
def test_a_key_that_is_a_long_number_goes_in_quotes(number: int) -> None:
    """There are as many of one hash as anybody likes."""
    with pytest.raises(yaml.MarkedYAMLError, match="a key that is a long number"):
        yaml_text.load(f"{number}: 1")
    assert yaml_text.load(f"'{number}': 1") == {str(number): 1}


@pytest.mark.parametrize("key", ["1.5", "[1]", "{a: 1}"])
def test_a_key_is_a_word(key: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError, match="a key must be a word"):
        yaml_text.load(f"? {key}\n: 1\n")


def test_tags_of_more_kinds_than_anybody_has_are_refused() -> None:
    text = "".join(f"%TAG !t{number}! tag:t{number},2026:\n" for number in range(200))
    with pytest.raises(yaml.YAMLError, match="over 100 %TAG directives"):
        yaml_text.load(f"{text}---\na: 1\n")


def explained(text: str) -> tuple[int, str, str]:
    with pytest.raises(yaml.YAMLError) as refused:
        yaml_text.load(text)
    return yaml_text.explain(refused.value, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &a {x: 1}\nb:\n  <<: *a\n", 3),
        ("<<: {x: 1}\n", 1),
        ("a: &a {x: 1}\nb: {y: 2, << : [*a]}\n", 2),
        ("- a: 1\n  !!merge m: {x: 1}\n", 2),
    ],
)
def test_a_merge_key_is_refused_with_what_to_write_instead(text: str, line: int) -> None:
    wanted = "the keys of that map written out here, or an alias in place of the whole map (name: *anchor)"
    assert explained(text) == (line, "the merge key <<", wanted)


def test_two_signs_in_quotes_are_a_word() -> None:
    assert yaml_text.load("'<<': 1") == yaml_text.load('"<<": 1') == {"<<": 1}
    assert yaml_text.load("a: <<") == {"a": "<<"}


@pytest.mark.parametrize(
    ("text", "line", "pair", "instead"),
    [
        (r'a: "\ud83d\ude00"', 1, r"\ud83d\ude00", r"\U0001F600"),
        ("a: 1\n" + r'b: "at the end \uD834\uDD1E"', 2, r"\uD834\uDD1E", r"\U0001D11E"),
        ("\ufeffä: 1\n" + r'b: ["x", "é\udbff\uDFFF and more"]', 2, r"\udbff\uDFFF", r"\U0010FFFF"),
    ],
)
def test_a_surrogate_pair_is_refused_with_what_to_write_instead(text: str, line: int, pair: str, instead: str) -> None:
    assert explained(text) == (line, f"the surrogate pair {pair}", f'the character itself, or "{instead}"')
    sign = yaml_text.load(f'"{instead}"')
    assert yaml_text.load(text.replace(pair, instead)) == yaml_text.load(text.replace(pair, sign))


@pytest.mark.parametrize("text", [r'a: "\ud83d"', r'a: "\ude00\ud83d"', r'a: "\q"', r'"\ud83d\ude00": "\q"'[15:]])
def test_another_escape_that_yaml_has_not_is_told_as_libyaml_does(text: str) -> None:
    assert explained(text)[1:] == (explained(text)[1], "YAML")
    assert explained(text)[1].startswith("broken YAML (found ")
