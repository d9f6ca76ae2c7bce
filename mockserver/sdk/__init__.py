"""What a vendor is written with. Vendors import all of it from here; the room itself imports no other room."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors, fields, money, params, querystring, shipped
    from .auth import account_of_credential
    from .call import Call
    from .clock import months_before, parse_instant
    from .contract import ErrorSpec, Example, Operation, Paging, Reading, Recipe, Vendor, recipe_in
    from .credentials import Credential, secrets_of
    from .dataset import Account, Dataset
    from .fake import seeded_faker
    from .filters import Equals
    from .http import Headers, NetworkFault, Reply
    from .jsontext import Fragment, encode
    from .paging import Page, cut_page
    from .params import ParamSchema
    from .quota import QuotaState
    from .record_query import RecordQuery
    from .record_schema import RecordSchema
    from .resource import Readings, Record, Resource, Summary

__all__ = [  # noqa: RUF022  # in reading order
    # A vendor and its operations
    "Vendor",
    "Operation",
    "Paging",
    "Reading",
    "Example",
    "shipped",
    # Authentication
    "Credential",
    "account_of_credential",
    "secrets_of",
    # Parameters
    "ParamSchema",
    "params",
    "querystring",
    # Records and accounts
    "Resource",
    "RecordSchema",
    "fields",
    "Summary",
    "Record",
    "Account",
    "Dataset",
    # Answering a call
    "Call",
    "Readings",
    "RecordQuery",
    "Equals",
    "Page",
    "cut_page",
    "Reply",
    "Headers",
    "NetworkFault",
    "encode",
    "Fragment",
    # Errors and quotas
    "errors",
    "ErrorSpec",
    "QuotaState",
    # Making records
    "Recipe",
    "recipe_in",
    "seeded_faker",
    "money",
    "months_before",
    "parse_instant",
]

_MODULES = ("errors", "fields", "money", "params", "querystring", "shipped")
_HOMES = (  # of the other names; what imports most comes last
    *("contract", "auth", "call", "clock", "credentials", "dataset", "filters", "http", "jsontext", "paging", "params"),
    *("quota", "record_query", "record_schema", "resource", "fake"),
)


def __getattr__(name: str) -> Any:
    """Imports a name when it is first asked for: ``mockserver health`` needs no marshmallow, a call no Faker."""
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in __all__:
        for home in _HOMES:
            module = import_module(f".{home}", __name__)
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
