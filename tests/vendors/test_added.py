"""Records and accounts that control puts in agree with what was given, vendor by vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.editor import FIRST_ADDED_INDEX, RecordEditor
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.errors import Problem
from tests.sandbox.test_editor import assert_written_down
from tests.support.client import WALL


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    found: Runtime = create_app(make_settings({}, {}), wall=lambda: WALL).extensions["mockserver"]
    return found


def test_what_is_left_out_agrees_with_the_words_and_flags_given(runtime: Runtime) -> None:
    def add(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        vendor = next(vendor for vendor in runtime.vendors if vendor.name == name)
        added = RecordEditor(runtime.sandboxes, "agreeing", vendor, WALL).add(given)
        assert vendor.resource.id in added
        return added

    never = "0000-00-00 00:00:00"
    for _ in range(3):
        for given in ({"status": "Paid"}, {"payment": {"status": "Completed"}}):
            row = add("jframework", given)
            assert (row["status"], row["payment"]["status"]) == ("Paid", "Completed")
        for status in ("Voided", "Reserved", "Refunded"):
            row = add("jframework", {"payment": {"status": status, "notes": "mine"}})
            assert (row["status"], row["payment"]["status"], row["payment"]["notes"]) == ("Unpaid", status, "mine")
        for status, paid, back in (
            ("paid", True, False),
            ("refunded", True, True),
            ("cancelled", False, False),
            ("unpaid", False, False),
        ):
            row = add("wisecp", {"status": status})
            assert row["status"] == status
            assert (row["payment_date"] != never, row["refund_date"] != never) == (paid, back)
        row = add("wisecp", {"status": "pending"})
        assert not row["formalize"]
        row = add("wisecp", {"taxation_type": "inclusive", "created_at": "2026-01-05 10:00:00"})
        assert (row["created_at"], row["taxation_type"]) == ("2026-01-05 10:00:00", "inclusive")
        assert row["total"] == sum(item["total"] for item in row["items"]) + row["payment_method_commission"] - sum(
            discount["amount"] for discount in row["discounts"]
        )
        row = add("wisecp", {"taxfree": True})
        assert (row["taxfree"], row["tax"], row["tax_rate"]) == (True, 0, 0)
        assert all(item["tax_exempt"] for item in row["items"])
        assert add("saaslogic", {"statusName": "Paid"})["amountReceived"] > 0
        assert add("saaslogic", {"statusName": "Unpaid"})["amountReceived"] == 0


def test_words_that_no_record_of_the_recipe_has_together_are_taken_as_given(runtime: Runtime) -> None:
    vendor = next(vendor for vendor in runtime.vendors if vendor.name == "jframework")
    editor = RecordEditor(runtime.sandboxes, "disagreeing", vendor, WALL)
    row = editor.add({"status": "Paid", "payment": {"status": "Denied"}})
    assert (row["status"], row["payment"]["status"]) == ("Paid", "Denied")
    assert vendor.recipe is not None
    recipe, seed = vendor.recipe(), editor.sandboxes.get_or_create("disagreeing", WALL).seed
    ids = [recipe.record(seed, FIRST_ADDED_INDEX + step, editor.data.anchor)["id"] for step in range(2)]
    assert [row["id"], editor.add({})["id"]] == ids


def test_further_keys_are_secrets_that_one_account_alone_has(runtime: Runtime) -> None:
    vendor = next(vendor for vendor in runtime.vendors if vendor.name == "netgroot")
    editor = RecordEditor(runtime.sandboxes, "further", vendor, WALL)
    runtime.sandboxes.change("further", WALL, lambda sandbox: replace(sandbox, dataset="empty"))
    first = {"subscriber_id": "one", "token": "secret-of-one", "more_tokens": ["second-of-one"]}
    other = {"subscriber_id": "two", "token": "secret-of-two", "more_tokens": ["third-of-two", "second-of-one"]}
    with pytest.raises(Problem) as refused:
        editor.replace_accounts([first, other])
    assert refused.value.detail == (
        "accounts[1].more_tokens[1]: found something that is not shown, wanted another token than accounts[0]."
    )
    with pytest.raises(Problem) as refused:
        editor.replace_accounts([first | {"more_tokens": "second-of-one"}])
    assert "second-of-one" not in refused.value.detail
    assert "accounts[0].more_tokens: found something that is not shown, wanted a list" in refused.value.detail
    editor.replace_accounts([first])
    assert runtime.sandboxes.secrets.find("it is second-of-one") == [(6, 19)]
    found = editor.data.accounts.find_by("token", "second-of-one")
    assert found is not None
    assert found["subscriber_id"] == "one"
    assert_written_down(editor)
