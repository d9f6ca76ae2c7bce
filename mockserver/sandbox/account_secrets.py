"""The secrets of all accounts that a server's sandboxes have, for redaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..sdk.contract import Vendor
from ..sdk.credentials import secrets_of
from ..sdk.dataset import Accounts, Dataset
from ..sdk.jsontext import decode
from .edits import Edits
from .secrets.index import SecretIndex


class AccountSecrets:
    """Keeps one index of the secrets of shared datasets, and of the accounts that sandboxes have of their own."""

    def __init__(self) -> None:
        self.index = SecretIndex()
        self._by_sandbox: dict[tuple[str, str], tuple[str, ...]] = {}  # of its own accounts, by sandbox and vendor
        self._shared: dict[tuple[str, str], Accounts] = {}  # the accounts in the index, by vendor and dataset

    def add_shared(self, vendor: Vendor, name: str, data: Dataset) -> None:
        """Adds the secrets of a dataset that sandboxes share."""
        if self._shared.get((vendor.name, name)) is not data.accounts:
            self._shared[vendor.name, name] = data.accounts
            for secret in _list_secrets(data.accounts, vendor):
                self.index.add(secret)

    def replace_own(self, sandbox: str, vendor: Vendor, edits: Edits) -> None:
        """Replaces the secrets of the accounts that a sandbox has of its own."""
        accounts = decode(edits.accounts.encode()) if edits.accounts is not None else ()
        secrets = _list_secrets(accounts, vendor)
        for secret in secrets:
            self.index.add(secret)
        for secret in self._by_sandbox.pop((sandbox, vendor.name), ()):
            self.index.discard(secret)
        if secrets:
            self._by_sandbox[sandbox, vendor.name] = secrets


def _list_secrets(accounts: Iterable[Mapping[str, Any]], vendor: Vendor) -> tuple[str, ...]:
    return tuple(str(secret) for account in accounts for secret in secrets_of(account, vendor.credential.key))
