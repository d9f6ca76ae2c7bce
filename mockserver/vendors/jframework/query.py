"""Query parameters (001:2-22) in the document's order; their names are from P[7]."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError

from ...sdk import ParamSchema, Reading, Readings, errors, params, parse_instant, querystring

BAD_INPUT = Reading(
    "bad-input",
    "refuse",
    ("refuse", "ignore"),
    source="P[16b]",
    about="A bad number, date, boolean or choice is 400 `The input is invalid.`, or its parameter is as if absent.",
)
BINDING = Reading(
    "binding",
    "aspnet",
    ("aspnet", "exact"),
    source="P[8], P[15]",  # inferred, either: names in any letter case and .NET times point to ASP.NET
    about="ASP.NET's other spellings are bound (`PageSize=%2010`, `Type=1`, `12/01/2025`), or are bad input.",
)
NAME_CASE = Reading(
    "name-case",
    "any",
    ("any", "exact"),
    source="P[7], P[8]",
    about="Parameter names match in any letter case, as the vendor's clients need it, or only as its page prints them.",
)
READINGS = (BAD_INPUT, BINDING, NAME_CASE)

MIN_INT32, MAX_INT32 = -(2**31), 2**31 - 1
TYPES = ("Provisional", "Post")  # 001:74, P[8]
STATES = ("Unpaid", "Paid")  # 001:88, P[8]
SORTABLE = (
    "id", "createdDate", "packageCode", "userAddressId", "subscriptionTypeId", "type", "code", "name", "description",
    "notes", "tags", "reminderedCount", "deliveryInstructions", "confirmedDeliveryDate", "invoiceDate", "dueDate",
    "overdueDate", "billingPeriodStartDate", "billingPeriodEndDate", "status", "testMode",
)  # fmt: skip
SORTS = ("sort", "sortBy", "sortField", "orderBy")
DIRECTIONS = {"Ascending": "", "Descending": "-", "asc": "", "desc": "-"}


class Bound(params.Param):
    """A parameter that ASP.NET Core binds in more spellings than its page names.

    Another spelling is an error that proposes the usual one; blanks around a value are ignored.
    """

    def read(self, text: str) -> Any:
        usual = self.usual(text.strip(" \t\n\r\v\f"))
        if usual == text:
            return super().read(text)
        try:
            super().read(usual)
        except ValidationError:
            return super().read(text)  # which rejects it
        return self.reject("bound", text, instead=usual)

    def usual(self, text: str) -> str:
        """The usual spelling of a text that may be another one."""
        return text


class Whole(Bound, params.Integer):
    """An int32."""


class Named(Bound, params.Choice):
    """A member of an enum: its name in any letter case, or its number in the order of the SDK (P[8])."""

    def usual(self, text: str) -> str:
        number = int(text) if re.fullmatch("[+-]?[0-9]{1,9}", text) else -1
        return self.words[number] if 0 <= number < len(self.words) else text


class Boolean(params.Param):
    """true or false, in any letter case."""

    wanted = "true or false"

    def read(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            self.reject("unknown-value", text)
        return text.lower() == "true"

    def is_printed(self, text: str) -> bool:
        return text in ("true", "false")


class Flag(Bound, Boolean):
    """A Boolean, also with blanks around it."""


class Instant(params.Param):
    """A day, or an instant of any precision. Reads to its first and last moment, as invoices write them."""

    wanted = "an ISO 8601 date or date-time"

    def read(self, text: str) -> tuple[str, str]:
        try:
            moment = parse_instant(text)
        except ValueError:
            self.reject("bad-date", text)
        given = re.sub(r"(Z|[+-]\d\d:\d\d)\Z", "", text)  # without the zone: its length tells the precision
        fraction = given.partition(".")[2][:7].ljust(7, "0")
        known = f"{moment.isoformat(timespec='seconds')[:19]}.{fraction}Z"[: len(given)]
        first, last = "0000-00-00T00:00:00.0000000Z", "9999-99-99T23:59:59.9999999Z"
        return known + first[len(known) :], known + last[len(known) :]


class Time(Bound, Instant):
    """An Instant, also as .NET reads it without a culture: month first, or a blank before the time."""

    _day = re.compile(
        r"(?:(\d{4})[/-](\d{1,2})[/-](\d{1,2})|(\d{1,2})[/-](\d{1,2})[/-](\d{4}))(?:[ T]+(\S.*))?", re.ASCII
    )

    def usual(self, text: str) -> str:
        found = self._day.fullmatch(text)
        if not found:
            return text
        year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 4, 5)
        return f"{year}-{month:0>2}-{day:0>2}" + (f"T{found[7]}" if found[7] else "")


class Query(ParamSchema):
    UserId = params.Text(synonyms=("user", "customerId", "clientId", "accountId"))
    PackageId = params.Text(synonyms=("package", "PackageCode"))
    SubscriptionTypeId = params.Text(synonyms=("subscription", "SubscriptionType"))
    Type = Named(TYPES, any_case=True, synonyms=("InvoiceType",))
    Code = params.Text(synonyms=("InvoiceCode", "InvoiceNo", "InvoiceNumber"))
    Name = params.Text(synonyms=("InvoiceName",))
    Description = params.Text(synonyms=("InvoiceDescription",))
    Notes = params.Text(synonyms=("InvoiceNotes",))
    Tags = params.Text(synonyms=("InvoiceTags",))
    # 001:11 says "the invoice status"; P[7] and P[8] say the number of reminders.
    ReminderedCount = Whole(minimum=MIN_INT32, maximum=MAX_INT32)
    DeliveryInstructions = params.Text()
    ConfirmedDeliveryDate = Time()
    InvoiceDate = Time()
    OverdueDate = Time(synonyms=("DueDate", "InvoiceDueDate"))  # 001:15 says "the Due Date"
    Status = Named(STATES, any_case=True, synonyms=("InvoiceStatus", "State", "StatusName"))
    Keywords = params.Text(synonyms=("q", "search", "query", "text"))
    TestMode = Flag(load_default=False, synonyms=("test", "sandbox"))
    SortDataField = params.Choice(
        {"ID": "id"} | {name: name for name in SORTABLE},
        any_case=True,
        printed=("ID", "id", "createdDate"),  # 001:19, P[8]
        load_default="id",
        synonyms=SORTS,
    )
    SortOrder = params.Choice(
        DIRECTIONS,
        any_case=True,
        printed=("Descending", "asc", "desc"),  # 001:20, P[8]
        load_default="-",
        synonyms=("SortType", "direction", "order", "dir"),
    )
    PageNumber = Whole(minimum=0, maximum=MAX_INT32, load_default=0, synonyms=("page", "p", "pageNo"))
    PageSize = Whole(
        minimum=1, maximum=MAX_INT32, load_default=None, synonyms=("limit", "size", "per_page", "count", "take")
    )


def respell(sent: querystring.Pairs, schema: Schema, readings: Readings) -> querystring.Pairs:
    """Matches names in any case: the page prints PascalCase, the vendor's clients send camelCase (P[8], P[15])."""
    renamed = querystring.rename(sent, params.param_names(schema))
    return renamed if list(renamed) == list(sent) or readings["name-case"] == "any" else sent


def tolerates(error: errors.ParamError, readings: Readings) -> bool | params.ReadAs:
    """Refuses bad input, unless a reading counts it as absent; binds what ASP.NET binds."""
    if error.code == "bound" and readings["binding"] == "aspnet":
        return True
    return params.AS_ABSENT if readings["bad-input"] == "ignore" else False
