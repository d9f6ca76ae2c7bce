"""Settings: a flag overrides its variable, which overrides the default; errors are one sentence."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mockserver.sandbox.setting_values import parse_assignments
from mockserver.sandbox.settings import Settings, check_variables, is_loopback, make_settings, secure, variable_name
from mockserver.sandbox.store_url import secrets_of_url, without_password
from mockserver.sdk.errors import InvalidSetting
from mockserver.sdk.quota import Quota

WHOLE = "a whole number from "
PUBLIC = "a URL like https://mock.example/billing: http or https, a host, perhaps a port and a path"


@pytest.mark.parametrize("url", ["https://anna:pa55word@mock.example", "https://pa55word@mock.example/billing"])
def test_a_public_url_names_no_user_and_what_it_names_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        make_settings({"public_url": url}, {})
    assert str(refused.value).startswith("--public-url is 'https://…@mock.example")
    assert str(refused.value).endswith(f"wanted {PUBLIC}.")
    assert "pa55word" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("port", "x", WHOLE + "0 to 65535"),
        ("port", "65536", WHOLE + "0 to 65535"),
        ("port", "-1", WHOLE + "0 to 65535"),
        ("port", "8080 ", WHOLE + "0 to 65535"),
        ("records", "10000001", WHOLE + "0 to 10000000"),
        ("records", "9" * 5000, WHOLE + "0 to 10000000"),
        ("seed", "1.5", WHOLE + "0 to 2147483648"),
        ("dataset", "../x", "1 to 64 letters, digits, '.', '_' or '-'"),
        ("dataset", ".x", "1 to 64 letters, digits, '.', '_' or '-'"),
        ("dataset", "x" * 65, "1 to 64 letters, digits, '.', '_' or '-'"),
        ("fixtures", "/nowhere/at/all", "a folder that exists"),
        ("fixtures", "x" * 5000, "a folder that exists"),
        ("scenarios", "a\x00b", "a folder that exists"),
        ("tls_cert", "/nowhere/at/all", "a file that exists"),
        ("tls_cert", "x" * 5000, "a file that exists"),
        ("tls_key", "/", "a file that exists"),
        ("clock", "noon", "anchor, real, frozen or a time like 2026-03-01T00:00:00Z, from 1900 to 8999"),
        ("clock", "9999-12-31", "anchor, real, frozen or a time like 2026-03-01T00:00:00Z, from 1900 to 8999"),
        ("reset_at", "3:00", "a time of the day in UTC like 03:00, from 00:00 to 23:59"),
        ("reset_at", "24:00", "a time of the day in UTC like 03:00, from 00:00 to 23:59"),
        ("reset_at", "03:00:00", "a time of the day in UTC like 03:00, from 00:00 to 23:59"),
        ("max_sandbox_bytes", "10000000001", WHOLE + "0 to 10000000000"),
        ("clock", "0001-01-01", "anchor, real, frozen or a time like 2026-03-01T00:00:00Z, from 1900 to 8999"),
        ("readings", "acme.x", "name=value, several separated by commas"),
        ("readings", "=x", "name=value, several separated by commas"),
        ("quotas", "acme=0/minute", "vendor=<n>/second|minute|hour|day, several separated by commas"),
        ("quotas", "acme", "vendor=<n>/second|minute|hour|day, several separated by commas"),
        *(
            ("host", host, "an address like 127.0.0.1, ::1 or [::1], or a name, without a port")
            for host in ("[127.0.0.1]", "[localhost]", "[::1", "[::1]:8080", "[]", "[::1]x", "[[::1]]")
        ),
        *(
            ("host", host, "an address like 127.0.0.1 or ::1, 0.0.0.0 for all of them, or a name")
            for host in ("*", "*.example", "0")
        ),
        ("strict", "maybe", "true or false"),
        ("cors", "2", "true or false"),
        ("log_format", "xml", "text or json"),
        ("cors_headers", "X A", "names of headers like X-Requested-With,traceparent, separated by commas"),
        ("trusted_proxies", "10.0.0.1/8", "addresses and networks like 127.0.0.1,10.0.0.0/8, separated by commas"),
        ("public_url", "mock.example", PUBLIC),
        ("public_url", "//mock.example", PUBLIC),
        ("public_url", "ftp://mock.example", PUBLIC),
        ("public_url", "https://", PUBLIC),
        ("public_url", "https:///billing", PUBLIC),
        ("public_url", "https://mock.example?a=b", PUBLIC),
        ("public_url", "https://mock.example/?", PUBLIC),
        ("public_url", "https://mock.example/a#b", PUBLIC),
        ("public_url", "https://mock.example:99999", PUBLIC),
        ("public_url", "https://mock.example/a/../b", PUBLIC),
        ("public_url", "https://mock example", PUBLIC),
    ],
)
def test_a_wrong_value_is_a_sentence_with_the_flag_what_was_found_and_what_was_wanted(
    name: str, value: str, wanted: str
) -> None:
    flag = "--" + name.replace("_", "-")
    with pytest.raises(InvalidSetting) as refused:
        make_settings({name: value}, {})
    assert str(refused.value) == f"{flag} is {value!r}, wanted {wanted}."
    with pytest.raises(InvalidSetting) as refused:
        make_settings({}, {variable_name(name): value})
    assert str(refused.value) == f"{variable_name(name)} is {value!r}, wanted {wanted}."


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("host", "0.0.0.0", "0.0.0.0"),
        ("host", "[::1]", "::1"),
        ("host", "[::]", "::"),
        ("host", "[fe80::1%eth0]", "fe80::1%eth0"),
        ("port", "0", 0),
        ("port_file", "/tmp/port", Path("/tmp/port")),
        ("dataset", "my.set-1_b", "my.set-1_b"),
        ("fixtures", "/", Path("/")),
        ("records", "10000000", 10_000_000),
        ("max_sandbox_bytes", "10000000000", 10**10),
        ("control_token", "~!x", "~!x"),
        ("control", "off", False),
        ("seed", "2147483648", 2**31),
        ("clock", "real", "real"),
        ("clock", "2026-03-01", "2026-03-01"),
        ("reset_at", "00:00", 0),
        ("reset_at", "23:59", 86_340),
        ("readings", " a.b=c , d.e=f,", {"a.b": "c", "d.e": "f"}),
        ("quotas", "acme=60/minute", {"acme": Quota(60, 60)}),
        ("strict", "YES", True),
        ("accept_any_credential", "1", True),
        ("cors", "off", False),
        ("mock_headers", "False", False),
        ("log_format", "json", "json"),
        ("watch", "true", True),
    ],
)
def test_flags_and_variables_are_read_alike(name: str, text: str, value: Any) -> None:
    assert getattr(make_settings({name: text}, {}), name) == value
    assert getattr(make_settings({}, {variable_name(name): text}), name) == value


def test_a_flag_wins_over_its_variable_which_wins_over_the_default() -> None:
    assert make_settings({}, {}).port == 8080
    assert make_settings({}, {"MOCKSERVER_PORT": "1"}).port == 1
    assert make_settings({"port": "2"}, {"MOCKSERVER_PORT": "1"}).port == 2
    assert make_settings({"port": None}, {"MOCKSERVER_PORT": "1"}).port == 1
    assert make_settings({"cors": False}, {"MOCKSERVER_CORS": "true"}).cors is False
    assert make_settings({}, {"MOCKSERVER_PORT": ""}) == make_settings(None, {}) == Settings()


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("MOCKSERVER_PROT", "MOCKSERVER_PORT"),
        ("MOCKSERVER_PORTS", "MOCKSERVER_PORT"),
        ("MOCKSERVER_port", "MOCKSERVER_PORT"),
        ("MOCKSERVER_DATASETS", "MOCKSERVER_DATASET"),
        ("MOCKSERVER_TLSPORT", "MOCKSERVER_TLS_PORT"),
        ("MOCKSERVER_TSL_PORT", "MOCKSERVER_TLS_PORT"),
        ("MOCKSERVER_MAX_SANDBOX", "MOCKSERVER_MAX_SANDBOXES"),
        ("MOCKSERVER_NO_CORS", "MOCKSERVER_CORS"),
        ("MOCKSERVER_SCENARIO", "MOCKSERVER_SCENARIOS"),
    ],
)
def test_a_slip_of_a_settings_name_is_refused(slip: str, meant: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        make_settings({}, {slip: "1"})
    assert str(refused.value) == f"{slip} is not a setting of mockserver. Did you mean {meant}?"


@pytest.mark.parametrize("name", ["IMAGE", "LOG_LEVEL", "HOME", "VERSION", "HTTPS_PORT", "DATA", "X" * 500])
def test_a_variable_of_somebody_else_stops_nothing(name: str) -> None:
    assert make_settings({}, {f"MOCKSERVER_{name}": "1"}) == Settings()
    assert check_variables({f"MOCKSERVER_{name}": "1", "MOCKSERVER_PORT": "1", "OTHER": "2"}) == [f"MOCKSERVER_{name}"]


def test_variables_for_clients_are_passed_over() -> None:
    told = ("MOCKSERVER_URL", "MOCKSERVER_ACME_URL", "MOCKSERVER_ACME_2_CREDENTIAL", "MOCKSERVER_ACME_HEADERS")
    assert make_settings({}, dict.fromkeys(told, "x")) == Settings()
    assert check_variables(dict.fromkeys(told, "x")) == []


SERVICE = {  # as Kubernetes and ``docker --link`` set them for services called mockserver and mockserver-tls
    "MOCKSERVER_PORT": "tcp://10.0.0.1:8080",
    "MOCKSERVER_SERVICE_HOST": "10.0.0.1",
    "MOCKSERVER_SERVICE_PORT": "8080",
    "MOCKSERVER_SERVICE_PORT_HTTP": "8080",
    "MOCKSERVER_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    "MOCKSERVER_PORT_8080_TCP_PROTO": "tcp",
    "MOCKSERVER_PORT_8080_TCP_PORT": "8080",
    "MOCKSERVER_PORT_8080_TCP_ADDR": "10.0.0.1",
    "MOCKSERVER_PORT_53_UDP": "udp://10.0.0.1:53",
    "MOCKSERVER_TLS_PORT": "tcp://10.0.0.2:443",
    "MOCKSERVER_TLS_SERVICE_HOST": "10.0.0.2",
    "MOCKSERVER_TLS_PORT_443_TCP": "tcp://10.0.0.2:443",
    "MOCKSERVER_1_PORT": "sctp://10.0.0.1:1",
    "MOCKSERVER_NAME": "/web/mockserver",
    "MOCKSERVER_ENV_PYTHON_VERSION": "3.11",
}


def test_what_is_said_of_a_service_of_this_name_is_passed_over() -> None:
    assert make_settings({}, SERVICE) == Settings()
    assert check_variables(SERVICE) == []
    assert make_settings({"port": "1"}, SERVICE).port == 1


@pytest.mark.parametrize("name", ["port", "tls_port"])
def test_a_port_that_is_none_is_still_refused(name: str) -> None:
    with pytest.raises(InvalidSetting, match=rf"^{variable_name(name)} is 'http://x:1', wanted a whole number"):
        make_settings({}, {variable_name(name): "http://x:1"})


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    (tmp_path / "pem").write_text("")
    for one in ("tls_cert", "tls_key"):
        with pytest.raises(InvalidSetting, match="--tls-cert and --tls-key go together"):
            make_settings({one: str(tmp_path / "pem")}, {})
    with pytest.raises(InvalidSetting, match=r"^--tls-port wants --tls-cert and --tls-key beside it\.$"):
        make_settings({"tls_port": "443"}, {})
    assert make_settings({"tls_port": "443", "tls_cert": __file__, "tls_key": __file__}, {}).tls_port == 443


def test_every_setting_says_what_it_is_for() -> None:
    for field in fields(Settings):
        assert field.metadata["help"]


def test_pairs() -> None:
    assert parse_assignments("") == {}
    assert parse_assignments("a=b=c") == {"a": "b=c"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LocalHost"])
def test_on_loopback_no_token_is_needed(host: str) -> None:
    assert is_loopback(host)
    assert secure(Settings(host=host)).control_token is None
    assert secure(Settings(host=host, control_token="mine")).control_token == "mine"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "192.168.1.5", "mybox", "", "localhost.example"])
def test_off_loopback_one_is_made_unless_given(host: str) -> None:
    assert not is_loopback(host)
    made = [secure(Settings(host=host)).control_token for _ in range(2)]
    assert made[0] != made[1]
    assert all(token and len(token) >= 32 and make_settings({"control_token": token}, {}) for token in made)
    assert secure(Settings(host=host, control_token="mine")).control_token == "mine"
    assert secure(Settings(host=host, control=False)).control_token is None


@pytest.mark.parametrize("value", ["a secret with blanks", "ö-secret"])
def test_a_wrong_token_is_not_repeated(value: str) -> None:
    told = "is something that is not shown, wanted visible ASCII characters without blanks."
    for given, environ in (({"control_token": value}, {}), ({}, {"MOCKSERVER_CONTROL_TOKEN": value})):
        with pytest.raises(InvalidSetting) as refused:
            make_settings(given, environ)
        assert str(refused.value).endswith(told)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://[::1]:6379/0?socket_timeout=2", "redis://[::1]:6379/0?socket_timeout=2"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
        ("http://host", "http://host"),
        ("memory", "memory"),
        ("redis://user:SECRET@host:1/0", "redis://…@host:1/0"),
        ("redis://:a/SECRET@host:1/0", "redis://…@host:1/0"),
        ("redis://:a SECRET@b@host:1/0", "redis://…@host:1/0"),
        ("redis://:a?SECRET#@host:1/0", "redis://…@host:1/0"),
        ("redis:/user:SECRET@host", "redis:/…@host"),
        ("user:SECRET@host", "user:…@host"),
        ("redis://:SECRET", "redis://:…"),
        ("redis://host:SECRET/0", "redis://host:…/0"),
        ("redis://me@host:SECRET/0", "redis://…@host:…/0"),
        ("redis://host:1/0?password=SECRET&db=1", "redis://host:1/0?password=…&db=1"),
    ],
)
def test_a_url_is_told_without_its_password(url: str, told: str) -> None:
    assert without_password(url) == told
    with pytest.raises(InvalidSetting) as refused:
        make_settings({"store": f"{url} x"}, {})
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("memory", set()),
        ("redis://127.0.0.1:6379/0", set()),
        ("redis://:of-the-store@host/0", {"of-the-store"}),
        ("rediss://user:p%40ss-word@host:6380/0?timeout=3", {"p%40ss-word", "p@ss-word"}),
        ("unix:///run/redis.sock?password=of%20it&db=2", {"of%20it", "of it"}),
        ("redis://host?ssl_keyfile=/a&ssl_password=of-the-key", {"of-the-key"}),
    ],
)
def test_the_secrets_of_a_stores_url_are_known(url: str, secrets: set[str]) -> None:
    assert set(secrets_of_url(url)) == secrets
    assert not [secret for secret in secrets if secret in without_password(url)]
