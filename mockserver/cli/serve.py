"""``mockserver serve``: all vendors on one port."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..engine import access_log
from ..engine.build import build_runtime
from ..engine.examples import format_curl, list_vendors
from ..engine.exchange import Exchange
from ..engine.reload import DataReload
from ..engine.runtime import Runtime
from ..sandbox.first_use import first_day
from ..sandbox.settings import Settings, make_settings, secure
from ..sdk.logtext import escape_unprintable
from ..sdk.version import __version__
from ..server import certificates, listen, tempfiles
from ..server.collector import pause_collector
from ..server.front import Front
from ..server.log_stream import BatchedStream
from .options import print_unknown_variables, settings_options
from .output import count, discard_output

MANY_RECORDS = 2000


@click.command()
@settings_options()
def serve(**options: Any) -> None:
    """Serve all vendors on one port until Ctrl-C."""
    print_unknown_variables()
    with pause_collector():
        given = make_settings(options)
        settings = secure(given)
        access_log.configure_logging(settings.log_format)
        if settings.records is not None and settings.records > MANY_RECORDS:
            click.echo(f"making {count(settings.records, 'record')} a vendor; this takes a while", err=True)
        runtime = build_runtime(settings)
    _warn_of_watch(runtime)
    stream = BatchedStream(sys.stderr)
    runtime.observers.append(access_log.make_observer(settings.log_format, stream))
    failures = FailureCounter()
    runtime.observers.append(failures.observe)
    status = _run(runtime, stream, settings.control_token if settings is not given else None)
    if total := failures.total():
        click.echo(f"mockserver: {count(total, 'call')} with warnings; --strict counts that as failure.", err=True)
        status = status or 1
    sys.exit(status)


class FailureCounter:
    """Counts failed calls over all workers: each writes one byte per failure to a shared file."""

    def __init__(self) -> None:
        self._file = tempfiles.open_file()

    def observe(self, exchange: Exchange) -> None:
        if exchange.failed:
            with suppress(OSError):  # a full disk does not stop the reply
                os.write(self._file, b"!")

    def total(self) -> int:
        return os.fstat(self._file).st_size


def _warn_of_watch(runtime: Runtime) -> None:
    settings = runtime.settings
    day = first_day(settings, runtime.wall_time())
    if settings.watch and not runtime.sandboxes.catalog.reads_file(settings.dataset, day):
        found = "--watch has no file to look at: recipes make the data (--records, --seed or --clock real)."
        click.echo(f"mockserver: {found}", err=True)


def _run(runtime: Runtime, stream: BatchedStream, made_token: str | None) -> Any:
    """Open the sockets and serve until a signal ends it; returns the exit status."""
    settings = runtime.settings
    tls = _check_certificate(settings)
    listener = listen.listen(settings.host, settings.port)
    encrypted = None if settings.tls_port is None else listen.listen(settings.host, settings.tls_port, "--tls-port")
    if settings.port_file:
        listen.prepare_port_file(settings.port_file)
    urls, port = _urls(listener, encrypted, tls), listener.getsockname()[1]
    if os.name == "nt":  # gunicorn does not run on Windows
        from ..server.werkzeug import run
    else:
        from ..server.gunicorn import run
    started = os.getpid()
    try:
        run(
            Front(runtime),
            listener,
            partial(_announce, runtime, urls, port, made_token),
            tls,
            encrypted,
            workers=settings.workers,
            leaving=stream.flush,
            starting=partial(_prepare_worker, runtime),
            metrics=runtime.metrics,
            data=DataReload(runtime),
            cors=settings.cors,
            alone=settings.store == "memory",
        )
    except SystemExit as stopped:
        if os.getpid() != started:  # a worker ends: the rest is for the process that the user started
            raise
        return stopped.code
    return 0


def _announce(runtime: Runtime, urls: list[str], port: int, made_token: str | None) -> None:
    """Write the port file and print the welcome, once calls are answered."""
    if runtime.settings.port_file:
        listen.write_port_file(runtime.settings.port_file, port)
    try:
        click.echo(_welcome(runtime, urls, made_token))
    except OSError as error:
        access_log.log.warning("standard output cannot be written: %s", error.strerror)
        discard_output(sys.stdout)


def _prepare_worker(runtime: Runtime, ended: str) -> None:
    """Prepare the store for a new worker; ``ended`` describes the end of the one that it replaces, if any."""
    instance = runtime.store.instance() if runtime.store.fork() else None
    if ended:
        access_log.log_replacement(ended, instance)


def _check_certificate(settings: Settings) -> tuple[Path, Path] | None:
    """The certificate and its key, if there are any; a doubt about them is printed."""
    if not (settings.tls_cert and settings.tls_key):
        return None
    if doubt := certificates.check(settings.tls_cert, settings.tls_key):
        click.echo(escape_unprintable(f"mockserver: {doubt}"), err=True)
    return settings.tls_cert, settings.tls_key


def _urls(listener: socket.socket, encrypted: socket.socket | None, tls: object) -> list[str]:
    if encrypted is None:
        return [listen.format_url(listener, tls=tls is not None)]
    return [listen.format_url(listener, tls=False), listen.format_url(encrypted, tls=True)]


def _welcome(runtime: Runtime, urls: list[str], made_token: str | None) -> str:
    """The text printed when calls are answered: URLs, an example per vendor, and a token made for this run."""
    settings, url = runtime.settings, urls[0]
    outside = f", from outside {settings.public_url}" if settings.public_url else ""
    where = " and ".join(urls)
    lines = [f"mockserver {__version__} serves dataset {settings.dataset!r} on {where}{outside}", ""]
    day = first_day(settings, runtime.wall_time())
    for vendor in list_vendors(runtime.vendors, runtime.sandboxes.catalog, settings.dataset, day):
        lines += [vendor["title"], *(f"  {address}" for address in vendor["addresses"])]
        lines += [f"  {format_curl(vendor['example'], url)}", ""]
    if made_token:
        lines += [f"control token (made for this run): {made_token}", ""]
    health = f"health: {url}/__admin/health   " if settings.control else ""
    return "\n".join([*lines, f"{health}stop: Ctrl-C"])
