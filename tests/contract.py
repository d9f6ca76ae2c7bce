"""What every vendor must do, whatever it says. A vendor's test subclasses VendorContract and fills in the hooks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mockserver.admin import browse
from mockserver.cli import generate
from mockserver.data import fixtures, yaml_text
from mockserver.data.build import fixture_schema
from mockserver.data.catalog import DatasetCatalog
from mockserver.data.disk_cache import DiskCache
from mockserver.sdk import params
from mockserver.sdk.contract import ErrorSpec, Vendor
from mockserver.sdk.params import Choice
from tests.support.client import Answer, Client

DATASETS = ("default", "docs", "empty", "edge")


class VendorContract:
    """``name``: the vendor. ``bad_credentials``: headers that carry none, a malformed and an unknown one."""

    name: ClassVar[str]
    bad_credentials: ClassVar[list[dict[str, str]]]

    # Hooks ----------------------------------------------------------------------------------------------------------

    def ids(self, answer: Answer) -> list[Any]:
        """The ids of the records in a success, in their order."""
        raise NotImplementedError

    def walk(self, client: Client) -> Iterable[tuple[list[Any], int]]:
        """Every page of the example call from the first to the last: its ids, and the total it states."""
        raise NotImplementedError

    def expected_walk(self, client: Client) -> list[Any]:
        """The ids that a walk must meet, in order, worked out from the fixtures without the server's code."""
        raise NotImplementedError

    def filtered(self, client: Client) -> Iterable[tuple[Mapping[str, str], list[Any]]]:
        """Queries with a filter (and a page where the vendor has pages), and the ids each must give, in order."""
        raise NotImplementedError

    def text(self, answer: Answer, words: ErrorSpec) -> str:
        """The sentence of a failure."""
        raise NotImplementedError

    # Fixtures of the suite ------------------------------------------------------------------------------------------

    @pytest.fixture
    def client(self) -> Client:
        return Client(self.name)

    @pytest.fixture
    def vendor(self, client: Client) -> Vendor:
        return client.vendor

    @pytest.fixture
    def spec(self, vendor: Vendor) -> Any:
        return yaml_text.load(vendor.spec.read_text(encoding="utf-8"))

    # The gates ------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("dataset", DATASETS)
    def test_the_example_call_answers_with_records(self, dataset: str) -> None:
        client = Client(self.name, dataset=dataset)
        answer = client.get()
        assert answer.status == 200
        assert bool(self.ids(answer)) == (dataset != "empty")
        assert answer.rule == client.vendor.operations[0].rule
        assert answer.warnings == []

    @pytest.mark.parametrize("any_credential", [False, True])
    def test_the_credential_may_name_a_sandbox_and_the_vendor_never_sees_it(self, any_credential: bool) -> None:
        client = Client(self.name, accept_any_credential=any_credential)
        sent = dict(client.example["headers"])
        sent[client.vendor.credential.header] += "~box-1"
        answer, plain = client.get(headers=sent), client.get()
        assert (answer.status, answer.body, answer.warnings) == (200, plain.body, [])
        assert (answer.headers["X-Mock-Sandbox"], plain.headers["X-Mock-Sandbox"]) == ("box-1", "default")
        other = client.get(headers=sent, X_Mock_Sandbox="other")
        assert (other.status, other.body, other.codes) == (200, plain.body, ["sandbox-disagreement"])
        assert other.headers["X-Mock-Sandbox"] == "other"

    def test_bad_credentials_are_refused_in_the_vendors_words(self, client: Client) -> None:
        for headers in self.bad_credentials:
            answer = client.get(headers=headers)
            assert answer.status == 401, headers
            assert answer.rule.startswith(f"{self.name}.401")

    def test_credentials_come_before_parameters(self, client: Client) -> None:
        answer = client.get("PageNumber=x&id=x&startDate=x", headers=self.bad_credentials[-1])
        assert answer.status == 401

    def test_any_credential_acts_for_the_example_account_when_switched_on(self) -> None:
        lenient, strict = Client(self.name, accept_any_credential=True), Client(self.name)
        assert lenient.get(headers=self.bad_credentials[-1]).body == strict.get().body
        assert lenient.get(headers={}).status == 401

    def test_an_unknown_path_is_refused_in_the_vendors_words(self, client: Client) -> None:
        for path in (f"/{self.name}/nowhere", f"/{self.name}", f"/{self.name}{client.example['path']}/"):
            answer = client.get("", path=path, headers={})
            assert (answer.status, answer.rule) == (404, f"{self.name}.404.unknown-path")

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
    def test_a_wrong_method_is_refused_in_the_vendors_words(self, client: Client, method: str) -> None:
        answer = client.get(method=method)
        assert (answer.status, answer.rule) == (405, f"{self.name}.405")
        assert answer.headers["Allow"] == "GET, HEAD"
        assert answer.body

    def test_its_chart_is_of_fields_that_records_have(self, client: Client, vendor: Vendor) -> None:
        chart, records = vendor.resource.summary, client.data.records
        assert chart is not None
        for path in filter(None, (chart.amount, chart.date, chart.status, chart.currency)):
            assert any(browse.value_at(records.record(row), path) for row in range(len(records))), path
        for currency in browse.calculate_totals(records, chart):
            assert all(re.fullmatch(r"\d{4}-\d\d", month["month"]) for month in currency["months"])

    def test_head_is_get_without_the_body(self, client: Client) -> None:
        head, get = client.get(method="HEAD"), client.get()
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(get.body))
        assert client.get(method="HEAD", headers={}).status == 401

    def test_every_address_gives_the_same_bytes(self, client: Client, vendor: Vendor) -> None:
        path, wanted = client.example["path"], client.get().body
        assert client.get(path=f"/{self.name}{path}").body == wanted
        for host in (*vendor.hosts, f"{self.name}.localhost", f"{self.name}.localhost:8080"):
            assert client.get(Host=host).body == wanted
        assert client.get(path="/nowhere", Host=f"{self.name}.localhost").rule == f"{self.name}.404.unknown-path"

    def test_a_request_line_over_16_kib_is_refused_in_the_vendors_words(self, client: Client) -> None:
        answer = client.get("x=" + "a" * 17_000)
        assert (answer.status, answer.rule) == (414, f"{self.name}.414")

    # Parameters -----------------------------------------------------------------------------------------------------

    def test_unknown_parameters_are_ignored_and_told(self, client: Client) -> None:
        answer = client.get({**client.example["query"], "nonsense": "1"})
        assert answer.body == client.get().body
        assert answer.warnings[0]["location"] == "query.nonsense"
        assert answer.warnings[0]["code"] == "unknown-parameter"

    def test_schema_and_spec_name_the_same_parameters(self, vendor: Vendor, spec: Any) -> None:
        endpoint = vendor.operations[0]
        documented = [p for p in spec["paths"][endpoint.path]["get"].get("parameters", []) if p["in"] == "query"]
        assert params.param_names(endpoint.query) == [parameter["name"] for parameter in documented]
        by_name = {f.data_key or name: f for name, f in endpoint.query.fields.items()}
        for parameter in documented:
            field = by_name[parameter["name"]]
            assert field.required == parameter.get("required", False), parameter["name"]
            words = list(field.words) if isinstance(field, Choice) else None
            assert words == parameter["schema"].get("enum"), parameter["name"]

    # Pages and filters ----------------------------------------------------------------------------------------------

    def test_a_walk_over_all_pages_meets_every_record_once_in_order(self, client: Client) -> None:
        met: list[Any] = []
        totals = set()
        for ids, total in self.walk(client):
            met += ids
            totals.add(total)
        assert len(met) > 0
        assert met == self.expected_walk(client)
        assert len(met) == len(set(met))
        assert totals == {len(met)}

    def test_filters_give_exactly_what_they_promise(self, client: Client) -> None:
        tried = 0
        for query, expected in self.filtered(client):
            assert self.ids(client.get(query)) == expected, query
            tried += 1
        assert tried

    # Errors ---------------------------------------------------------------------------------------------------------

    def test_every_error_can_be_asked_for_and_says_its_words(self, client: Client, vendor: Vendor) -> None:
        for words in vendor.errors:
            first = next(other for other in vendor.errors if other.status == words.status)
            answer = client.get(Prefer=f"code={words.status}")
            assert answer.status == words.status
            assert answer.rule == first.rule
            assert self.text(answer, first)
            assert answer.headers["Preference-Applied"] == f"code={words.status}"
            _, status, _ = client.runtime.bases[vendor.name].errors[first.rule]
            assert ("undocumented-status" in answer.codes) == (status.basis == "inferred")
            assert client.get({**client.example["query"], "__code": str(words.status)}).body == answer.body
            if words.status == 429:
                assert int(answer.headers["Retry-After"]) > 0
            if words.code:
                by_name = client.get(Prefer=f"code={words.code}")
                assert words.code.encode() in by_name.body

    def test_a_status_without_words_gets_the_envelope_and_a_warning(self, client: Client) -> None:
        answer = client.get(Prefer="code=418")
        assert (answer.status, answer.rule) == (418, f"{self.name}.default")
        assert answer.codes == ["undocumented-status"]

    def test_an_outcome_that_does_not_exist_is_no_vendor_reply(self, client: Client) -> None:
        for code in ("200", "abc", "999", ""):
            answer = client.get(Prefer=f"code={code}")
            assert answer.status == 400
            assert answer.headers["Content-Type"] == "application/problem+json"

    def test_the_error_table_and_the_spec_say_the_same(self, vendor: Vendor, spec: Any) -> None:
        responses = spec["paths"][vendor.operations[0].path]["get"]["responses"]
        in_spec = {
            row["rule"]: (int(status), row["fact"], row["text"], row.get("code", ""), row["basis"], row["source"])
            for status, response in responses.items()
            if status not in ("200", "default")
            for row in response["x-rules"]
        }
        in_table = {w.rule: (w.status, fact_of(w), w.text, w.code, w.basis, w.source) for w in vendor.errors}
        assert in_table == in_spec
        assert [row["rule"] for row in responses["200"]["x-rules"]] == [vendor.operations[0].rule]

    # Readings -------------------------------------------------------------------------------------------------------

    def test_every_choice_of_every_reading_runs(self, client: Client, vendor: Vendor) -> None:
        for reading in vendor.readings:
            assert reading.default in reading.choices
            assert reading.about
            for choice in reading.choices:
                asked = f"{reading.name}={choice}"
                assert client.get(readings=asked).status == 200
                refused = client.get(headers={}, readings=asked)
                assert refused.status in (200, 401)  # 200: failure-status=always-200

    def test_readings_of_the_server_are_readings_of_the_request(self, client: Client, vendor: Vendor) -> None:
        for turn in range(max((len(reading.choices) for reading in vendor.readings), default=0)):
            asked = [f"{r.name}={r.choices[turn % len(r.choices)]}" for r in vendor.readings]
            served = Client(self.name, readings=",".join(f"{self.name}.{one}" for one in asked))
            assert served.get().body == client.get(readings=",".join(asked)).body

    # Data -----------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("dataset", DATASETS)
    def test_the_fixture_file_is_sound(self, vendor: Vendor, dataset: str) -> None:
        content = fixtures.read(vendor.fixtures / f"{dataset}.yaml", fixture_schema(vendor))
        assert (content.vendor, content.dataset) == (self.name, dataset)
        if dataset == "default":
            assert 120 <= len(content.records) <= 300
            assert content.anchor == generate.ANCHOR

    @pytest.mark.parametrize("dataset", DATASETS)
    def test_its_data_can_be_remembered_between_starts(self, vendor: Vendor, dataset: str, tmp_path: Path) -> None:
        def found() -> Any:
            data = DatasetCatalog([vendor], cache=DiskCache(tmp_path)).dataset(vendor, dataset)
            texts = [data.records.text(row) for row in range(len(data.records))]
            return list(data.accounts), texts, [data.records.columns[name] for name in vendor.resource.columns]

        assert found() == found()
        assert len(list(tmp_path.iterdir())) == 1

    def test_credentials_are_long_and_occur_nowhere_else(self, client: Client, vendor: Vendor) -> None:
        text = (vendor.fixtures / "default.yaml").read_text(encoding="utf-8")
        for account in client.data.accounts:
            secret = account.get(vendor.credential.key)
            if secret is not None:
                assert len(secret) >= 20
                assert text.count(secret) == 1

    def test_the_recipe_makes_the_committed_bytes(self, vendor: Vendor) -> None:
        """With every Faker that setup.cfg allows: only the first line tells which it was."""
        committed = (vendor.fixtures / "default.yaml").read_text(encoding="utf-8")
        assert made(vendor, None).partition("\n")[2] == committed.partition("\n")[2]

    def test_fewer_records_are_a_prefix_of_more(self, vendor: Vendor) -> None:
        few, many = records(made(vendor, 20)), records(made(vendor, 300))
        assert len(few) == 20
        assert few == many[:20]


def made(vendor: Vendor, count: int | None) -> str:
    """The text of a generated fixture file."""
    out = io.StringIO()
    generate.write_to(out, vendor, "default", count)
    return out.getvalue()


def records(text: str) -> list[Any]:
    found: list[Any] = yaml_text.load(text)["records"]
    return found


def fact_of(words: ErrorSpec) -> str:
    """The core's name of a row's fact: a vendor's own kind of NotFound is a NotFound."""
    return next(kind.__name__ for kind in words.error.__mro__ if kind.__module__ == "mockserver.sdk.errors")
