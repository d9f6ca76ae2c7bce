"""The settings of a server. A flag wins over ``MOCKSERVER_*``, which wins over the default."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from ..sdk.errors import InvalidSetting
from ..sdk.quota import Quota
from ..sdk.similar import MAX_NAME_CHARS, did_you_mean, edit_distance
from .setting_values import (
    make_choice,
    make_number,
    parse_assignments,
    parse_clock,
    parse_file,
    parse_folder,
    parse_host,
    parse_name,
    parse_quotas,
    parse_reset_time,
    parse_store,
    parse_switch,
    parse_token,
)
from .store_url import without_password
from .web import Network, PublicUrl, parse_header_names, parse_networks, parse_public_url


def _setting(
    default: Any, parse: Callable[[str], Any], about: str, metavar: str = "", *, show: Callable[[str], str] = repr
) -> Any:
    metadata = {"parse": parse, "help": about, "metavar": metavar, "show": show}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """All settings of a server, with their defaults."""

    host: str = _setting("127.0.0.1", parse_host, "address to listen on", "ADDRESS")
    port: int = _setting(8080, make_number(0, 65535), "port to listen on; 0 takes a free one and prints it", "PORT")
    port_file: Path | None = _setting(None, Path, "write the port there once it is known", "FILE")
    workers: int = _setting(1, make_number(1, 64), "how many processes answer calls; several need a --store", "N")
    store: str = _setting(
        "memory",
        parse_store,
        "where sandboxes live: memory, or a Redis or Valkey that others share",
        "URL",
        show=lambda text: repr(without_password(text)),
    )
    dataset: str = _setting(
        "default", parse_name, "dataset to serve: default, docs, empty, edge or one of yours", "NAME"
    )
    fixtures: Path | None = _setting(
        None, parse_folder, "folder with <vendor>/<dataset>.yaml; what is missing comes from ours", "DIR"
    )
    watch: bool = _setting(False, parse_switch, "look at the fixture files, and serve what they say when they change")
    records: int | None = _setting(
        None, make_number(0, 10_000_000), "make so many records a vendor instead of reading a file", "N"
    )
    seed: int = _setting(1, make_number(0, 2**31), "seed of records that are made and of draws, in every sandbox", "S")
    cache: bool = _setting(True, parse_switch, "remember checked data between starts, in the user's cache folder")
    clock: str = _setting(
        "anchor", parse_clock, "anchor (the dataset's instant, ticking), real, frozen, or an ISO time", "CLOCK"
    )
    readings: dict[str, str] = _setting(
        {}, parse_assignments, "how to read ambiguous documents: vendor.reading=choice,...", "LIST"
    )
    quotas: dict[str, Quota] = _setting({}, parse_quotas, "calls an account may make: vendor=60/minute,...", "LIST")
    max_sandboxes: int = _setting(
        1000, make_number(1, 1_000_000), "how many sandboxes there may be beside the default one", "N"
    )
    max_sandbox_bytes: int = _setting(
        8_000_000, make_number(0, 10**10), "how large a sandbox's changes to a vendor's data may be", "BYTES"
    )
    sandbox_idle: int = _setting(3600, make_number(1, 10**9), "seconds after which an unused sandbox may go", "SECONDS")
    reset_at: int | None = _setting(
        None, parse_reset_time, "put every sandbox back once a day, at this time (UTC): by the next call", "HH:MM"
    )
    journal_entries: int = _setting(1000, make_number(0, 10**7), "how many calls the journal of a sandbox keeps", "N")
    journal_bytes: int = _setting(
        8_000_000, make_number(0, 10**10), "how many bytes the journal of a sandbox keeps", "BYTES"
    )
    all_journals_bytes: int = _setting(
        256_000_000, make_number(0, 10**12), "how many bytes all journals keep; the largest gives way", "BYTES"
    )
    control: bool = _setting(
        True, parse_switch, "offer the control API under /__admin, or nothing of it, not even health"
    )
    control_token: str | None = _setting(
        None,
        parse_token,
        "token that control wants; off loopback one is made if none is given",
        "TOKEN",
        show=lambda text: "something that is not shown",
    )
    refuse_live: bool = _setting(True, parse_switch, "refuse credentials that look live")
    scenarios: Path | None = _setting(None, parse_folder, "folder with scenarios of yours, as <name>.yaml", "DIR")
    strict: bool = _setting(False, parse_switch, "count a warned call as a failure: exit status 1 at the end")
    accept_any_credential: bool = _setting(
        False, parse_switch, "an unknown credential (of the right form) acts for the example account"
    )
    cors: bool = _setting(True, parse_switch, "answer browsers of other origins")
    cors_headers: tuple[str, ...] | None = _setting(
        None, parse_header_names, "headers that browsers may send beside the documented ones [any]", "LIST"
    )
    public_url: PublicUrl | None = _setting(
        None,
        parse_public_url,
        "how the server is called from outside, where a proxy is in front of it",
        "URL",
        show=lambda text: repr(without_password(text)),
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        (), parse_networks, "proxies whose X-Forwarded-Proto, -Host and -Prefix count: addresses, networks", "LIST"
    )
    mock_headers: bool = _setting(True, parse_switch, "send X-Mock-* headers")
    tls_cert: Path | None = _setting(None, parse_file, "serve TLS with this certificate chain (PEM)", "FILE")
    tls_key: Path | None = _setting(None, parse_file, "the certificate's private key (PEM)", "FILE")
    tls_port: int | None = _setting(
        None, make_number(0, 65535), "serve TLS on this port, and plain HTTP on --port; 0 takes a free one", "PORT"
    )
    log_format: str = _setting("text", make_choice("text", "json"), "one line a call, as text or json", "FORMAT")

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise InvalidSetting("--tls-cert and --tls-key go together: one is given, the other is not.")
        if self.tls_port is not None and self.tls_cert is None:
            raise InvalidSetting("--tls-port wants --tls-cert and --tls-key beside it.")
        if self.workers > 1 and self.store == "memory":
            raise InvalidSetting(
                f"--workers is {self.workers}, and each would have sandboxes of its own in its memory; "
                "they need one store: --store redis://host:6379/0."
            )


def is_loopback(host: str) -> bool:
    """Whether an address is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def secure(settings: Settings) -> Settings:
    """The settings with a generated token, if other machines reach the control API and none is given."""
    if settings.control_token or not settings.control or is_loopback(settings.host):
        return settings
    import secrets  # slow to import, and most starts need no token

    return replace(settings, control_token=secrets.token_urlsafe(24))


def variable_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"MOCKSERVER_{name.upper()}"


def read_variable(environ: Mapping[str, str], name: str) -> str | None:
    """The environment's value of a setting; None if there is none, or if it describes a service of this name."""
    key = variable_name(name)
    return None if _is_of_a_service(key, environ.get(key, "")) else environ.get(key) or None


def check_variables(environ: Mapping[str, str]) -> list[str]:
    """The ``MOCKSERVER_*`` variables that are not settings.

    Raises InvalidSetting for a misspelled setting: ignoring it would lose its value.
    """
    names = [variable_name(f.name) for f in fields(Settings)]
    found = [key for key in sorted(environ) if key[:11].upper() == "MOCKSERVER_" and key not in names]
    found = [key for key in found if not _is_of_a_service(key, environ[key])]
    for key in found:
        meant = next((name for name in names if _is_slip(key, name)), None)
        if meant:
            raise InvalidSetting(f"{key[:MAX_NAME_CHARS]} is not a setting of mockserver.{did_you_mean(meant)}")
    return [key for key in found if not _ELSEWHERE.fullmatch(key)]


def _is_of_a_service(key: str, value: str) -> bool:
    return bool(_SERVICE.fullmatch(key) or (key.endswith("_PORT") and _SERVICE_URL.match(value)))


def _is_slip(name: str, known: str) -> bool:
    """Whether a name is a misspelled setting.

    Apart from case and underscores it differs by one character (two in a long name), or it is the ``--no-`` flag.
    """
    name, known = (text.upper().removeprefix("MOCKSERVER_").replace("_", "") for text in (name, known))
    most = 2 if len(known) >= LONG_NAME else 1
    return name == "NO" + known or (abs(len(name) - len(known)) <= most and edit_distance(name, known) <= most)


LONG_NAME = 8  # letters


def make_settings(given: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Makes settings from given values (texts or typed values; None: not given) and the environment.

    Raises InvalidSetting, also for a misspelled ``MOCKSERVER_*`` variable; ignores other unknown ones.
    """
    check_variables(environ)
    values: dict[str, Any] = {}
    given = given or {}
    for f in fields(Settings):
        value, source = given.get(f.name), "--" + f.name.replace("_", "-")
        if value is None:
            value, source = read_variable(environ, f.name), variable_name(f.name)
        if value is None:
            continue
        parse = cast(Callable[[str], Any], f.metadata["parse"])
        try:
            values[f.name] = parse(value) if isinstance(value, str) else value
        except ValueError as error:
            raise InvalidSetting(f"{source} is {f.metadata['show'](value)}, wanted {error}.") from None
    return Settings(**values)


# What users, and ``mockserver run``, tell clients: where the server is, and how to call its vendors.
_ELSEWHERE = re.compile(r"MOCKSERVER_(\w+_)?URL|MOCKSERVER_\w+_(CREDENTIAL|HEADERS)")
# What Kubernetes, and Docker links, set in every container for a service called mockserver or mockserver-something.
_SERVICE = re.compile(
    r"MOCKSERVER_(\w+_)?(NAME|ENV_.+|SERVICE_HOST|SERVICE_PORT(_\w+)?|"
    r"PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR|START|END))?)"
)
_SERVICE_URL = re.compile("(tcp|udp|sctp)://")  # of MOCKSERVER_PORT, and of MOCKSERVER_<SOMETHING>_PORT
