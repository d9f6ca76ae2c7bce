"""Request parameters: marshmallow fields that read text, and one function that reads a whole query.

A field says what is wrong as a Complaint; whether a wrong value is refused or ignored is the vendor's choice, made
per complaint. Nothing here words an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Literal, NamedTuple, NoReturn

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from ..errors import Complaint, InvalidParams
from .notices import Notice, unknown_parameter
from .querystring import Pairs, collected

Repeated = Literal["first", "last", "joined"]
MOST_TOLD = 20  # looking for the closest name costs time, and nobody reads more


class Instead(NamedTuple):
    """What a vendor takes a value for that it should not have got; ``read_as`` tells it, if it is worth telling."""

    value: Any
    read_as: str = ""


AS_ABSENT = Instead(None, "its default")  # even where the complaint proposes something else
Ignores = Callable[[Complaint], bool | Instead]


class Param(fields.Field[Any]):
    """A parameter read from text. ``empty``: whether ``name=`` is as if absent, is refused, or is a value.

    ``called``: other names for what it filters, in the document's words or in those of other APIs; nothing is read from
    them, they tell what a caller meant.
    """

    wanted = "text"

    def __init__(
        self,
        *,
        empty: Literal["absent", "refused", "value"] = "absent",
        called: Sequence[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.empty, self.called = empty, called

    def complain(self, code: str, found: str | None, *, instead: str | None = None) -> NoReturn:
        """Refuse the value; ``name`` is filled in from the field itself."""
        name = self.data_key or self.name or ""
        complaint = Complaint(name, code, found, self.wanted, instead)
        raise ValidationError([complaint])

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """marshmallow's own complaints (only ``required`` can happen), as ours."""
        complaint = Complaint(self.data_key or self.name or "", key, None, self.wanted)
        return ValidationError([complaint])

    def _deserialize(self, value: str, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return self.taken(value)

    def taken(self, text: str) -> Any:
        """The value of a text that was sent. Raises ValidationError with a Complaint."""
        if text == "" and self.empty == "refused":
            self.complain("empty", text)
        return self.read(text)

    def read(self, text: str) -> Any:
        """The value of a non-empty text."""
        return text

    def is_printed(self, text: str) -> bool:
        """Whether the text is spelled as the document or a public page spells it; what else is read, is inferred."""
        return True


class Text(Param):
    """Any text."""


class Integer(Param):
    """A base-10 integer of any size, optionally within bounds.

    ``above`` and ``below`` are what a forgiving vendor reads instead of a number past that bound (None: the default).
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
        plain = text.isdecimal() and text.isascii()  # nearly all are, and to match takes three times as long as to ask
        if not plain and not self._digits.match(text):
            self.complain("not-an-integer", text)
        digits = text
        if len(text) > 400:  # Python refuses to read thousands of digits; so large a number is out of every range
            digits = re.sub(r"\A([+-]?)0+(?=[0-9])", r"\1", text)[:400]
        number = int(digits)
        if self.minimum is not None and number < self.minimum:
            self.complain("out-of-range", text, instead=self.below)
        if self.maximum is not None and number > self.maximum:
            self.complain("out-of-range", text, instead=self.above)
        return number


class Choice(Param):
    """One of the words given; ``any_case`` accepts other spellings. Reads to the word, or to what it stands for.

    ``printed`` are those of the words that stand on a page, if not all do.
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
            self.complain("unknown-value", text)
        return found[key]

    def is_printed(self, text: str) -> bool:
        return text in self.printed


class Day(Param):
    """A real calendar day, exactly ``yyyy-MM-dd``. Reads to a date."""

    wanted = "a day as yyyy-MM-dd"
    _shape = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)

    def read(self, text: str) -> date:
        if not self._shape.match(text):
            self.complain("bad-date", text)
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.complain("bad-date", text)


class ParamSchema(Schema):
    """The parameters of one endpoint, in the order of its document. What it does not name is unknown, and ignored.

    A parameter is read by itself, whatever the others are: a schema has no hooks that look at all of them. ``arrays``:
    ``name[]=value`` is read as ``name=value``, as PHP has it.
    """

    arrays: ClassVar[bool] = False

    class Meta:
        unknown = EXCLUDE


def names(schema: Schema) -> list[str]:
    """The parameters' names as sent, in the order of the document."""
    return [field.data_key or name for name, field in schema.fields.items()]


def attribute(schema: Schema, name: str) -> str:
    """The name under which the values of a call hold the parameter that is sent under this one."""
    return next(attribute for attribute, field in schema.fields.items() if (field.data_key or attribute) == name)


def named(schema: Schema, sent: Pairs) -> tuple[list[str], list[str]]:
    """The parameters that were sent, and those of them whose value is spelled otherwise than it is printed; both in the
    order of the document.
    """
    values = dict(sent)
    ours = [(name, field) for name, field in _known(schema).items() if name in values]
    spelled = [name for name, field in ours if isinstance(field, Param) and not field.is_printed(values[name])]
    return [name for name, _ in ours], spelled


def read(
    schema: Schema,
    sent: Pairs,
    tell: Callable[[Notice], None],
    *,
    repeated: Repeated = "last",
    ignores: Ignores = lambda complaint: False,
) -> dict[str, Any]:
    """The values of a query's parameters by attribute name; what is worth telling about the query is told on the way.

    ``repeated`` says which of several values counts; ``ignores`` says of a complaint whether its value is passed over,
    or what it is taken for. Raises InvalidParams with every complaint that is not ignored.
    """
    data = dict(sent)
    known = _known(schema)
    if len(data) < len(sent) or not data.keys() <= known.keys() or "" in data.values():
        if getattr(schema, "arrays", False):
            sent = _unbracketed(known, sent, tell)
        data = _sorted_out(known, sent, tell, repeated)
    try:
        return _load(schema, data)
    except InvalidParams as invalid:
        taken = {complaint.name: ignores(complaint) for complaint in invalid.complaints}
        refused = tuple(complaint for complaint in invalid.complaints if taken[complaint.name] is False)
        for complaint in refused:
            found = "is missing" if complaint.found is None else f"was {_short(complaint.found)}"
            message = f"{complaint.name} {found}, wanted {complaint.wanted}."
            tell(Notice(f"query.{complaint.name}", "refused-value", message))
        if refused:
            raise InvalidParams(refused) from None
        instead: dict[str, Any] = {}
        for complaint in invalid.complaints:
            name, value, read_as = complaint.name, taken[complaint.name], "its default"
            data.pop(name, None)
            if isinstance(value, Instead):
                read_as = value.read_as
                if value is not AS_ABSENT:
                    instead[name] = value.value
            elif complaint.instead is not None:
                data[name] = read_as = complaint.instead
            if read_as:
                message = f"{name} was {_short(complaint.found)}, wanted {complaint.wanted}; read as {read_as}."
                tell(Notice(f"query.{name}", "ignored-value", message))
        values = _load(schema, data, frozenset(instead))
        return values | {attribute(schema, name): value for name, value in instead.items()}


def _unbracketed(known: Mapping[str, fields.Field[Any]], sent: Pairs, tell: Callable[[Notice], None]) -> Pairs:
    """The same pairs, ``name[]`` as ``name`` where that is a parameter; it is told."""
    spelled = {name: name.removesuffix("[]") for name, _ in sent if name.endswith("[]")}
    arrays = {name: plain for name, plain in spelled.items() if plain in known and name not in known}
    for name, plain in arrays.items():
        message = f"{name} is not a parameter of this endpoint; it was read as {plain}."
        tell(Notice(f"query.{name}", "respelled-parameter", message))
    return [(arrays.get(name, name), value) for name, value in sent]


def _sorted_out(
    known: Mapping[str, fields.Field[Any]], sent: Pairs, tell: Callable[[Notice], None], repeated: Repeated
) -> dict[str, str]:
    """The one value of each parameter that is known and not as if absent; the rest is told."""
    values = collected(sent)
    unknown = [name for name in values if name not in known]
    for name in unknown[:MOST_TOLD]:
        tell(unknown_parameter(name, {each: getattr(field, "called", ()) for each, field in known.items()}))
    if len(unknown) > MOST_TOLD:
        more = f"{len(unknown) - MOST_TOLD} more names are no parameters of this endpoint."
        tell(Notice("query", "unknown-parameter", more))
    data: dict[str, str] = {}
    for name in known:
        if name not in values:
            continue
        value = _one(values[name], repeated)
        if len(values[name]) > 1:
            message = f"{name} was sent {len(values[name])} times; {_RULE[repeated]}"
            tell(Notice(f"query.{name}", "repeated-parameter", message))
        field = known[name]
        if value == "" and isinstance(field, Param) and field.empty == "absent":
            tell(Notice(f"query.{name}", "ignored-value", f"{name} is empty and was read as absent."))
        else:
            data[name] = value
    return data


_RULE = {"first": "the first counts.", "last": "the last counts.", "joined": "the values were joined by commas."}


def _one(values: list[str], repeated: Repeated) -> str:
    if repeated == "joined":
        return ",".join(values)
    return values[0] if repeated == "first" else values[-1]


def _load(schema: Schema, data: dict[str, str], given: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The values of the parameters; those that are ``given`` elsewhere are not missed."""
    readers = _readers(schema)
    try:
        loaded = dict(_absent(schema, frozenset(data) | given))
        for name, text in data.items():
            attribute, read_text = readers[name]
            loaded[attribute] = read_text(text)
    except ValidationError:
        return _refused(schema, data)
    return loaded


@lru_cache(maxsize=64)
def _readers(schema: Schema) -> dict[str, tuple[str, Callable[[str], Any]]]:
    """Under which attribute the value of each parameter stands, and what reads it.

    Fields by themselves read faster than a schema loads them. What they read is not remembered: where values are many,
    to look them up is no faster.
    """
    return {
        name: (
            field.attribute or str(field.name),
            field.taken if isinstance(field, Param) and not field.validators else field.deserialize,
        )
        for name, field in _known(schema).items()
    }


@lru_cache(maxsize=512)
def _absent(schema: Schema, present: frozenset[str]) -> dict[str, Any]:
    """What parameters are that are not sent."""
    loaded: dict[str, Any] = schema.load({}, partial=[attribute(schema, name) for name in present])
    return loaded


@lru_cache(maxsize=64)
def _known(schema: Schema) -> dict[str, fields.Field[Any]]:
    return {field.data_key or name: field for name, field in schema.fields.items()}


def _refused(schema: Schema, data: dict[str, str]) -> dict[str, Any]:
    """The same when something is wrong, to hear all that is. Raises InvalidParams."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        by_name = error.messages_dict
        raise InvalidParams(tuple(c for name in names(schema) for c in by_name.get(name, ()))) from None
    return loaded


def _short(text: str | None) -> str:
    return repr(text if text is None or len(text) <= 60 else text[:57] + "...")
