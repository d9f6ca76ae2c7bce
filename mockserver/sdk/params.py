"""Parameters of an operation: the kinds of values they have, and the schema that names them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Literal, NamedTuple, NoReturn

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from .errors import ParamError
from .querystring import Pairs


class ReadAs(NamedTuple):
    """What a bad value is read as; ``read_as`` says so in a warning, unless it is empty."""

    value: Any
    read_as: str = ""


AS_ABSENT = ReadAs(None, "its default")  # even where the error proposes something else


class Param(fields.Field[Any]):
    """A parameter read from text. ``empty`` says whether ``name=`` counts as absent, is refused, or is a value.

    ``synonyms`` are names that the document or other APIs use for it. They are not read, only suggested.
    """

    wanted = "text"

    def __init__(
        self,
        *,
        empty: Literal["absent", "refused", "value"] = "absent",
        synonyms: Sequence[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.empty, self.synonyms = empty, synonyms

    def reject(self, code: str, found: str | None, *, instead: str | None = None) -> NoReturn:
        """Refuse the value; ``name`` is filled in from the field itself."""
        name = self.data_key or self.name or ""
        raise ValidationError([ParamError(name, code, found, self.wanted, instead)])

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """marshmallow's own errors (only ``required`` can happen) as a ParamError."""
        return ValidationError([ParamError(self.data_key or self.name or "", key, None, self.wanted)])

    def _deserialize(self, value: str, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return self.convert(value)

    def convert(self, text: str) -> Any:
        """The value of a text that was sent. Raises ValidationError with a ParamError."""
        if text == "" and self.empty == "refused":
            self.reject("empty", text)
        return self.read(text)

    def read(self, text: str) -> Any:
        """The value of a non-empty text."""
        return text

    def is_printed(self, text: str) -> bool:
        """Whether the document or a public page spells the value so; other spellings are inferred."""
        return True


class Text(Param):
    """Any text."""


class Integer(Param):
    """A base-10 integer of any size, optionally within bounds.

    ``above`` and ``below`` are what a tolerant vendor reads instead of a number past that bound (None: the default).
    """

    _digits = re.compile(r"[+-]?[0-9]+\Z", re.ASCII)

    def __init__(
        self,
        *,
        minimum: int | None = None,
        maximum: int | None = None,
        below: str | None = None,
        above: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.minimum, self.maximum, self.below, self.above = minimum, maximum, below, above
        bounds = {
            (True, True): f"an integer from {minimum} to {maximum}",
            (True, False): f"an integer of at least {minimum}",
            (False, True): f"an integer of at most {maximum}",
            (False, False): "an integer",
        }
        self.wanted = bounds[minimum is not None, maximum is not None]

    def read(self, text: str) -> int:
        plain = text.isdecimal() and text.isascii()  # nearly all are, and a match takes longer
        if not plain and not self._digits.match(text):
            self.reject("not-an-integer", text)
        digits = text
        if len(text) > 400:  # Python refuses to read thousands of digits, and such a number is out of every range
            digits = re.sub(r"\A([+-]?)0+(?=[0-9])", r"\1", text)[:400]
        number = int(digits)
        if self.minimum is not None and number < self.minimum:
            self.reject("out-of-range", text, instead=self.below)
        if self.maximum is not None and number > self.maximum:
            self.reject("out-of-range", text, instead=self.above)
        return number


class Choice(Param):
    """One of the words given; ``any_case`` accepts other spellings. Reads to the word, or to what it stands for.

    ``printed`` are the words that a page spells, unless it spells them all.
    """

    def __init__(
        self,
        words: Sequence[str] | Mapping[str, Any],
        *,
        any_case: bool = False,
        printed: Sequence[str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.printed = frozenset(words if printed is None else printed)
        self.meaning = dict(words) if isinstance(words, Mapping) else {word: word for word in words}
        self.any_case = any_case
        self._folded = {word.casefold(): meaning for word, meaning in self.meaning.items()}
        self.wanted = "one of " + ", ".join(self.meaning)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.meaning)

    def read(self, text: str) -> Any:
        found, key = (self._folded, text.casefold()) if self.any_case else (self.meaning, text)
        if key not in found:
            self.reject("unknown-value", text)
        return found[key]

    def is_printed(self, text: str) -> bool:
        return text in self.printed


class Day(Param):
    """A real calendar day, exactly ``yyyy-MM-dd``. Reads to a date."""

    wanted = "a day as yyyy-MM-dd"
    _shape = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)

    def read(self, text: str) -> date:
        if not self._shape.match(text):
            self.reject("bad-date", text)
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.reject("bad-date", text)


class ParamSchema(Schema):
    """The parameters of one operation, in the order of its document. Others are unknown, and ignored.

    Each parameter is read by itself: a schema has no hooks that look at several. With ``arrays``, ``name[]=value`` is
    read as ``name=value``, as PHP does.
    """

    arrays: ClassVar[bool] = False

    class Meta:
        unknown = EXCLUDE


def param_names(schema: Schema) -> list[str]:
    """The parameters' names as sent, in the order of the document."""
    return [field.data_key or name for name, field in schema.fields.items()]


def attribute_of(schema: Schema, name: str) -> str:
    """The attribute name, in the values of a call, of a parameter that is sent under this name."""
    return next(attribute for attribute, field in schema.fields.items() if (field.data_key or attribute) == name)


def split_known(schema: Schema, sent: Pairs) -> tuple[list[str], list[str]]:
    """The parameters that were sent, and those whose value no page spells so; both in the order of the document."""
    values = dict(sent)
    ours = [(name, field) for name, field in fields_by_name(schema).items() if name in values]
    spelled = [name for name, field in ours if isinstance(field, Param) and not field.is_printed(values[name])]
    return [name for name, _ in ours], spelled


@lru_cache(maxsize=64)
def fields_by_name(schema: Schema) -> dict[str, fields.Field[Any]]:
    return {field.data_key or name: field for name, field in schema.fields.items()}
