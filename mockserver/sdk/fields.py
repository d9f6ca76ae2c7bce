"""Kinds of fields of records and accounts, as fixture files hold them. RecordSchema names them.

Every message of a field says what was *wanted*; the loader adds file, line, path and what was found.
A field can shift its value by whole days, so that hand-made data follows a real clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from marshmallow import ValidationError, fields, missing

from .money import round_to, strip_zeros

if TYPE_CHECKING:
    from .record_schema import RecordSchema


class RecordField(fields.Field[Any]):
    """The base: any value that passes ``read``. Required unless said otherwise."""

    wanted = "a value"

    def __init__(self, *, optional: bool = False, null: bool = False, data_key: str | None = None) -> None:
        super().__init__(required=not optional, allow_none=null, data_key=data_key)

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        return ValidationError(self.wanted)

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """As marshmallow's own, without the functions and validators that these fields never have."""
        if value is None or value is missing:
            return super().deserialize(value, attr, data, **kwargs)
        return self._deserialize(value, attr, data)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return self.read(value)
        except (ValueError, TypeError, ArithmeticError):
            raise ValidationError(self.wanted) from None

    def read(self, value: Any) -> Any:
        """The value as a record holds it. Raises ValueError when it is not as wanted."""
        return value

    def shift(self, value: Any, days: int) -> Any:
        """The value some days later; only times change."""
        return value


class Text(RecordField):
    """A string, optionally with a pattern."""

    def __init__(self, *, pattern: str | None = None, wanted: str | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._pattern = re.compile(pattern) if pattern else None
        self.wanted = wanted or (f"text like {pattern}" if pattern else "text (in quotes if it looks like a number)")

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or (self._pattern and not self._pattern.fullmatch(value)):
            raise ValueError
        return value


class Choice(RecordField):
    """One of a closed list of words."""

    def __init__(self, *words: str, **more: Any) -> None:
        super().__init__(**more)
        self.words = words
        self.wanted = "one of " + ", ".join(words)

    def read(self, value: Any) -> str:
        if value not in self.words:
            raise ValueError
        return cast(str, value)


class Integer(RecordField):
    """An integer."""

    wanted = "a whole number"

    def read(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError
        return value


class IntegerOrText(RecordField):
    """An integer or a string, for ids whose type the document leaves open."""

    wanted = "a whole number or text"

    def read(self, value: Any) -> int | str:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        return value


class Boolean(RecordField):
    """true or false."""

    wanted = "true or false"

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


class Amount(RecordField):
    """A decimal number, printed with exactly ``places`` decimals, or with up to ``most`` in the shortest form."""

    def __init__(self, *, places: int | None = None, most: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._places, self._most = places, most
        limit = places if places is not None else most
        self.wanted = "a number" if limit is None else f"a number with at most {limit} decimals"

    def read(self, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError
        amount = Decimal(value)
        limit = self._places if self._places is not None else self._most
        if not amount.is_finite() or (limit is not None and round_to(amount, limit) != amount):
            raise ValueError
        return round_to(amount, self._places) if self._places is not None else strip_zeros(amount)


class Timestamp(RecordField):
    """A time in one exact format, stored as written.

    ``format`` is strftime's, with ``%f`` standing for the digits of the second's fraction, ``fraction`` of them.
    ``never`` is a text that stands for "no such time".
    """

    def __init__(self, format: str, example: str, *, fraction: int = 0, never: str | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.format, self.fraction, self.never = format, fraction, never
        self.wanted = f"a time written like {example}"
        shape = re.escape(format)
        for code, digits in {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2, "%f": fraction}.items():
            shape = shape.replace(re.escape(code), rf"(?P<{code[1]}>\d{{{digits}}})")
        self._shape = re.compile(shape)

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError
        if value != self.never:
            self.parse(value)
        return value

    def parse(self, text: str) -> datetime:
        """The instant written, in UTC, to the microsecond. Raises ValueError."""
        found = self._shape.fullmatch(text)
        if not found:
            raise ValueError(text)
        digits = found.groupdict()  # strptime is slower: it asks the locale as well
        year, month, day = (int(digits.get(code, "1")) for code in "Ymd")
        hour, minute, second = (int(digits.get(code, "0")) for code in "HMS")
        microsecond = int(digits.get("f", "0")[:6].ljust(6, "0"))  # the seventh digit of .NET is below it
        return datetime(year, month, day, hour, minute, second, microsecond, UTC)

    def shift(self, value: str, days: int) -> str:
        if value == self.never:
            return value
        try:
            moved = self.parse(value) + timedelta(days=days)
        except OverflowError:  # 9999-12-31 and the like mean "never": they stay
            return value
        shape = self._shape.fullmatch(value)
        fraction = shape["f"] if shape and self.fraction else ""  # all its digits, also those below a microsecond
        return moved.strftime(self.format.replace("%Y", f"{moved.year:04}").replace("%f", fraction))


class ListOf(RecordField):
    """A list of one kind of value."""

    wanted = "a list"
    most_faults = 100  # of elements; further elements are not checked

    def __init__(self, item: RecordField | Nested, **more: Any) -> None:
        super().__init__(**more)
        self.item = item

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError(self.wanted)
        loaded, faults = [], {}
        for index, element in enumerate(value):
            try:
                loaded.append(self.item.deserialize(element, str(index), None))
            except ValidationError as error:
                faults[index] = error.messages
                if len(faults) == self.most_faults:
                    break
        if faults:
            raise ValidationError(cast(dict[str, Any], faults))
        return loaded

    def shift(self, value: Any, days: int) -> Any:
        return [self.item.shift(element, days) for element in value]


class AnyMap(RecordField):
    """A map of anything; ``[]`` is accepted for the empty one, as PHP writes it."""

    wanted = "a map, or [] when it is empty"

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict) and value != []:
            raise ValueError
        return value


class Nested(RecordField):
    """A map with fields of its own. ``as_stored`` keeps the order of keys found in the data (a snapshot)."""

    wanted = "a map of fields"

    def __init__(self, schema: type[RecordSchema], *, as_stored: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.inner, self.as_stored = schema(), as_stored

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(self.wanted)
        loaded = self.inner.read(value)
        return {key: loaded[key] for key in value} if self.as_stored else loaded

    def shift(self, value: Any, days: int) -> Any:
        return self.inner.shift(value, days)
