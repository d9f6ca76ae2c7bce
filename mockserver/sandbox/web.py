"""Parses hosts, origins, server URLs and header names strictly."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

Network = IPv4Network | IPv6Network
DEFAULT_PORTS = {"http": 80, "https": 443}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
MAX_NAME_LENGTH = 253  # characters of a host's name
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_LABELS = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_NUMERIC = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")  # browsers read these as IPv4 numbers
# Letters in UTF-8: other encoded bytes may decode to slashes and dots.
_TAIL = "%[89ABab][0-9A-Fa-f]"
_ENCODED = rf"%(?:[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f]|[Ee][1-9A-Fa-f]{_TAIL}){_TAIL}"
_PATH = re.compile(rf"(/(?!\.\.?(/|\Z))([A-Za-z0-9._~!$&'()*+,;=:@-]|%20|{_ENCODED})+)*")


class Authority(NamedTuple):
    """A host in lower case (an IPv6 address without brackets) and its port, if one is named."""

    host: str
    port: int | None


class Origin(NamedTuple):
    """Scheme, host and port of a page; the port is the default one if none is named."""

    scheme: str
    host: str
    port: int


class PublicUrl(NamedTuple):
    """The URL of a server from outside: scheme, ``host[:port]``, and a path without a slash at its end."""

    scheme: str
    netloc: str
    prefix: str

    @property
    def host(self) -> str:
        """The host alone, as ``read_authority`` has it."""
        found = read_authority(self.netloc)
        return found.host if found else ""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.prefix}"


def read_authority(text: str) -> Authority | None:
    """``host[:port]``: a name, an IPv4 address or an IPv6 address in brackets. None for anything else."""
    match = _AUTHORITY.fullmatch(text.lower()) if text.isascii() else None
    if match is None:
        return None
    host, port = match[1], None if match[2] is None else int(match[2])
    if port is not None and port > 65535:
        return None
    try:
        if host.startswith("["):
            return Authority(str(IPv6Address(host[1:-1])), port)
        if _NUMERIC.fullmatch(host):
            return Authority(str(IPv4Address(host)), port)
    except ValueError:
        return None
    return Authority(host, port) if len(host) <= MAX_NAME_LENGTH and _LABELS.fullmatch(host) else None


def read_origin(text: str) -> Origin | None:
    """``scheme://host[:port]`` of a page that a web server sent. None for anything else, ``null`` included."""
    scheme, separator, rest = text.partition("://")
    authority = read_authority(rest) if separator and scheme.lower() in DEFAULT_PORTS else None
    if authority is None:
        return None
    port = DEFAULT_PORTS[scheme.lower()] if authority.port is None else authority.port
    return Origin(scheme.lower(), authority.host, port)


def read_prefix(text: str) -> str | None:
    """The path in front of all others, without a slash at its end; empty for none. None when it is not a path."""
    path = text.rstrip("/")
    return path if _PATH.fullmatch(path) else None


def parse_public_url(text: str) -> PublicUrl:
    """Parses the URL of a server, without query or user. Raises ValueError with what is wanted."""
    scheme, separator, rest = text.partition("://")
    netloc, slash, path = rest.partition("/")
    prefix = read_prefix(slash + path)
    if scheme.lower() not in DEFAULT_PORTS or not separator or read_authority(netloc) is None or prefix is None:
        raise ValueError("a URL like https://mock.example/billing: http or https, a host, perhaps a port and a path")
    return PublicUrl(scheme.lower(), netloc.lower(), prefix)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks separated by commas. Raises ValueError with what is wanted."""
    wanted = "addresses and networks like 127.0.0.1,10.0.0.0/8, separated by commas"
    if "%" in text:  # addresses of peers have no zone id
        raise ValueError(wanted)
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(wanted) from None


def parse_header_names(text: str) -> tuple[str, ...]:
    """Names of headers separated by commas, each once. Raises ValueError with what is wanted."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not all(map(HEADER_NAME.fullmatch, names)):
        raise ValueError("names of headers like X-Requested-With,traceparent, separated by commas")
    return tuple({name.lower(): name for name in names}.values())


def is_within(address: str | None, networks: tuple[Network, ...]) -> bool:
    """Whether an address is in one of these networks; an IPv4 address that IPv6 wraps counts as itself."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in networks)
