"""How this server is called from outside: as ``--public-url`` says, or a trusted proxy of the request at hand."""

from __future__ import annotations

from flask import request

from ..sandbox.settings import Settings
from ..sandbox.web import DEFAULT_PORTS, Origin, PublicUrl, is_within, read_authority, read_origin, read_prefix


def base(settings: Settings) -> str:
    """The URL of the server, without a slash at its end; empty where nobody says that it is another one than the
    client called.
    """
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
    """The same, and where nobody says so the URL that the client called."""
    return base(settings) or request.host_url.rstrip("/")


def hosts(settings: Settings) -> list[str]:
    """Each Host that the request claims to be for: its own and, behind a trusted proxy, the one that was called."""
    forwarded = _forwarded(settings, "Host")
    return [called_host()] if forwarded is None else [called_host(), forwarded]


def origins(settings: Settings) -> list[Origin | None]:
    """The origins of our own pages: of the address that was called, and of those that others know."""
    urls = [f"{request.scheme}://{called_host()}", base(settings), str(settings.public_url or "")]
    return [read_origin("/".join(each.split("/", 3)[:3])) for each in urls]


def called_host() -> str:
    """The Host as it was sent; of a client too old to send one the server's own."""
    sent: str | None = request.environ.get("HTTP_HOST")
    return request.host if sent is None else sent


def _forwarded(settings: Settings, what: str) -> str | None:
    """What a trusted proxy says of a request: the last word, which is its own and not one that was sent to it."""
    said = request.headers.get(f"X-Forwarded-{what}")
    if said is None or not is_within(request.remote_addr, settings.trusted_proxies):
        return None
    return said.rpartition(",")[2].strip()
