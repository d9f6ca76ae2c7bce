"""Request Parameters (004:11-23), and what becomes of values that the document does not list."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ...sdk import ParamSchema, Reading, Readings, errors, params

OUT_OF_RANGE = Reading(
    "out-of-range",
    "clamp",
    ("clamp", "refuse"),
    source="004:15",
    about="A `limit` over 50 counts as 50 and a `limit` or `page` under 1 as its default, or either is an error.",
)
UNKNOWN_VALUE = Reading(
    "unknown-value",
    "ignore",
    ("ignore", "refuse", "no-match"),
    source="004:14-22",  # inferred, each of them: the document lists values, and no error
    about="A word that is not listed, or no integer where one is wanted, is as if absent, or an error; or, in a "
    "filter, what no invoice has.",
)
CASTS = Reading(
    "casts",
    "php",
    ("php", "none"),
    source="004:14-15, 004:22",  # inferred, either: the vendor's software is PHP (004:32-45)
    about="An integer is read as PHP casts it (`2abc` is 2, `49.9` is 49), or must be one; unknown-value=refuse goes "
    "before.",
)
READINGS = (OUT_OF_RANGE, UNKNOWN_VALUE, CASTS)

PHP_INT_MAX = 2**63 - 1  # PHP reads a larger integer as this one
MAX_DIGITS = 400  # of a text that is read as a number; a longer one is out of every range
NO_INVOICE = object()  # the value of a filter that no invoice meets


class ThreeValued(params.Choice):
    """A "Boolean" of three words (004:19-21); reads ``1`` and ``0`` as PHP does (inferred)."""

    def __init__(self, **more: Any) -> None:
        super().__init__({"none": None, "true": True, "false": False}, any_case=True, load_default=None, **more)

    def read(self, text: str) -> Any:
        return super().read({"1": "true", "0": "false"}.get(text, text))


class Cast(params.Integer):
    """An integer; a text that only begins like a number is an error that proposes PHP's cast of it."""

    _number = re.compile(r"[ \t\n\r\v\f]*([+-]?)(\d+)((?:\.\d*)?(?:[eE][+-]?\d{1,3})?)", re.ASCII)

    def read(self, text: str) -> int:
        begins = self._number.match(text)
        whole = begins is not None and begins[0] == text == text.strip() and not begins[3]
        if begins is None or whole or len(text) > MAX_DIGITS:
            return super().read(text)
        number = int(Decimal("".join(begins.groups())))
        if self.minimum is not None and number < self.minimum:
            self.reject("cast-out-of-range", text, instead=self.below)
        if self.maximum is not None and number > self.maximum:
            self.reject("cast-out-of-range", text, instead=self.above)
        return self.reject("cast", text, instead=str(number))


class Query(ParamSchema):
    arrays = True

    page = Cast(
        minimum=1, maximum=PHP_INT_MAX, above=str(PHP_INT_MAX), load_default=1, synonyms=("PageNumber", "page_no", "p")
    )
    limit = Cast(
        minimum=1, maximum=50, above="50", load_default=10, synonyms=("PageSize", "per_page", "size", "count", "take")
    )
    sort = params.Choice(
        ("id", "number", "created_at", "due_date", "payment_date", "total"),
        load_default=None,
        synonyms=("sort_field", "sort_by", "order_by", "SortDataField"),
    )
    sort_type = params.Choice(
        {"ASC": "", "DESC": "-"}, any_case=True, load_default=None, synonyms=("sort_order", "order", "direction", "dir")
    )
    status = params.Choice(
        {"all": None} | {word: word for word in ("pending", "unpaid", "paid", "cancelled", "refunded")},
        data_key="filter[status]",
        load_default=None,
        synonyms=("invoice_status", "state"),
    )
    local = ThreeValued(data_key="filter[local]", synonyms=("invoice_localization_status", "localization"))
    taxfree = ThreeValued(data_key="filter[taxfree]", synonyms=("invoice_tax_exemption_status", "tax_exempt"))
    formalized = ThreeValued(data_key="filter[formalized]", synonyms=("invoice_formality_status", "formality"))
    id = Cast(data_key="filter[id]", load_default=None, synonyms=("invoice_id", "invoice_id_number"))
    number = params.Text(
        data_key="filter[number]", load_default=None, synonyms=("invoice_number", "invoice_serial_number", "serial")
    )


def tolerates(error: errors.ParamError, readings: Readings) -> bool | params.ReadAs:
    """Ignores bad values, unless a reading refuses them: the document lists no error."""
    if error.code == "out-of-range":
        return readings["out-of-range"] != "refuse"
    unknown = readings["unknown-value"]
    if unknown == "refuse":
        return False
    if error.code.startswith("cast") and readings["casts"] == "php":
        return error.code == "cast" or readings["out-of-range"] != "refuse"
    if unknown == "no-match" and error.name.startswith("filter["):
        return params.ReadAs(NO_INVOICE, "what no invoice has")
    return params.AS_ABSENT
