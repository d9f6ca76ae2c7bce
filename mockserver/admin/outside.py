"""The URL of this server as clients see it: from ``--public-url``, or from a trusted proxy of this request."""

from __future__ import annotations

from flask import request

from ..sandbox.settings import Settings
from ..sandbox.web import DEFAULT_PORTS, Origin, PublicUrl, is_within, read_authority, read_origin, read_prefix


def base(settings: Settings) -> str:
    """The URL of the server without a slash at its end; empty if it is the one that the client called."""
    public, proto = settings.public_url, (_forwarded(settings, "Proto") or "").lower()
    host, path = _forwarded(settings, "Host"), _forwarded(settings, "Prefix")
    prefix = None if path is None else read_prefix(path)
    if public is None:
        if not proto and host is None and path is None:
            return ""
        public = PublicUrl(request.scheme, called_host(), "")
    return str(
        PublicUrl(
            proto if proto in DEFAULT_PORTS else public.scheme,
            host if host and read_authority(host) else public.netloc,
            public.prefix if prefix is None else prefix,
        )
    )


def url(settings: Settings) -> str:
    """The URL of the server as ``base`` has it, else the one that the client called."""
    return base(settings) or request.host_url.rstrip("/")


def hosts(settings: Settings) -> list[str]:
    """Each Host that the request claims: its own and, behind a trusted proxy, the forwarded one."""
    forwarded = _forwarded(settings, "Host")
    return [called_host()] if forwarded is None else [called_host(), forwarded]


def origins(settings: Settings) -> list[Origin | None]:
    """The origins of our own pages: of the called address, the forwarded one and ``--public-url``."""
    urls = [f"{request.scheme}://{called_host()}", base(settings), str(settings.public_url or "")]
    return [read_origin("/".join(each.split("/", 3)[:3])) for each in urls]


def called_host() -> str:
    """The Host as the client sent it; the server's own if it sent none."""
    sent: str | None = request.environ.get("HTTP_HOST")
    return request.host if sent is None else sent


def _forwarded(settings: Settings, name: str) -> str | None:
    """The value that a trusted proxy forwards: the last one, which the proxy itself added."""
    value = request.headers.get(f"X-Forwarded-{name}")
    if value is None or not is_within(request.remote_addr, settings.trusted_proxies):
        return None
    return value.rpartition(",")[2].strip()
