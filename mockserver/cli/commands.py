"""The commands, from serve to export. Who needs what is heavy imports it."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from ..sandbox.settings import Settings, describe_source, find_unknown, make_settings, secure, variable_name
from ..sandbox.store_url import without_password
from ..sdk import clock
from ..sdk.errors import InvalidSetting
from ..sdk.logtext import printable
from ..sdk.similar import MAX_NAME_CHARS
from ..sdk.version import __version__
from ..server.collector import pause_collector

if TYPE_CHECKING:
    from ..data.fixture_errors import FileError

MANY = 2000
MENTIONED = 10  # variables that are passed over
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # no disk for what was to be written
F = TypeVar("F", bound=Callable[..., Any])


def main(**options: Any) -> None:
    """Run a command; whatever is the user's to mend is told in a sentence, with exit status 2."""
    from ..data.fixture_errors import InvalidFixture
    from ..vendors import BadVendor

    try:
        commands(**options)
    except OSError as error:
        if error.errno not in FULL and error.filename is None:
            raise
        with suppress(OSError):  # it may be the standard error itself
            name = error.filename or "standard output"
            what = "written" if error.errno in FULL else "used"
            click.echo(printable(f"mockserver: {name} cannot be {what}: {error.strerror}."), err=True)
        _give_up(sys.stdout)
        sys.exit(2)
    except (InvalidSetting, BadVendor) as error:
        click.echo(printable(f"mockserver: {error}"), err=True)
        sys.exit(2)
    except InvalidFixture as broken:
        _tell(broken.faults)
        click.echo(f"mockserver: {_count(broken.number, 'fault')} in files; nothing is served.", err=True)
        sys.exit(2)


@click.group(name="mockserver", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
def commands() -> None:
    """An offline sandbox of five billing vendors' "list invoices" APIs."""
    try:
        os.getcwd()
    except OSError:
        raise InvalidSetting("the working directory is not there any more; go to one that is.") from None


def _mention_unknown() -> None:
    """Tell which variables are passed over. To be called by commands that read settings of the environment."""
    found = find_unknown(os.environ)
    if found:
        more = f" and {len(found) - MENTIONED:,} more" if found[MENTIONED:] else ""
        names = ", ".join(name[:MAX_NAME_CHARS] for name in found[:MENTIONED])
        told = (
            f"mockserver: passed over, as no setting is called so: {names}{more} (mockserver serve --help lists all)."
        )
        click.echo(printable(told), err=True)


def _settings_as_options(*without: str) -> Callable[[F], F]:
    """One option per setting but these, its variable named in the help."""

    def decorate(command: F) -> F:
        for setting in reversed(fields(Settings)):
            if setting.name not in without:
                command = _as_option(setting)(command)
        return command

    return decorate


def _as_option(setting: Field[Any]) -> Callable[[F], F]:
    flag = "--" + setting.name.replace("_", "-")
    default = setting.default if setting.default not in (None, False, True) else None
    shown = f" [{default}]" if isinstance(default, str | int) and not isinstance(default, bool) else ""
    about = f"{setting.metadata['help']}{shown}  ({variable_name(setting.name)})"
    if setting.default is False:
        return click.option(flag, is_flag=True, default=None, help=about)
    if setting.default is True:
        return click.option(f"{flag}/--no-{flag[2:]}", default=None, help=about)
    return click.option(flag, default=None, metavar=setting.metadata["metavar"], help=about)


@commands.command()
@_settings_as_options()
def serve(**given: Any) -> None:
    """Serve all vendors on one port until Ctrl-C."""
    _mention_unknown()
    with pause_collector():
        from ..engine import access_log
        from ..engine.build import build_runtime
        from ..engine.exchange import Exchange
        from ..engine.reload import DataReload
        from ..sandbox.first_use import first_day
        from ..server import certificates, listen, tempfiles
        from ..server.front import Front
        from ..server.log_stream import BatchedStream

        told = make_settings(given)
        settings = secure(told)
        access_log.configure_logging(settings.log_format)
        if settings.records is not None and settings.records > MANY:
            click.echo(f"making {_count(settings.records, 'record')} a vendor; this takes a while", err=True)
        world = build_runtime(settings)
    if settings.watch and not world.sandboxes.catalog.reads_file(
        settings.dataset, first_day(settings, world.wall_time())
    ):
        found = "--watch has no file to look at: recipes make the data (--records, --seed or --clock real)."
        click.echo(f"mockserver: {found}", err=True)
    lines = BatchedStream(sys.stderr)
    world.observers.append(access_log.make_observer(settings.log_format, lines))
    failed = tempfiles.open_file()  # all workers write to it, a byte a failure behind the one before

    def failures() -> int:
        return os.fstat(failed).st_size

    def count(done: Exchange) -> None:
        if done.failed:
            with suppress(OSError):  # a disk that is full: the call is answered all the same
                os.write(failed, b"!")

    world.observers.append(count)
    tls = (settings.tls_cert, settings.tls_key) if settings.tls_cert and settings.tls_key else None
    if tls and (doubt := certificates.check(*tls)):
        click.echo(printable(f"mockserver: {doubt}"), err=True)
    listener = listen.listen(settings.host, settings.port)
    encrypted = None if settings.tls_port is None else listen.listen(settings.host, settings.tls_port, "--tls-port")
    if settings.port_file:
        listen.prepare_port_file(settings.port_file)
    url, port = listen.format_url(listener, tls is not None and encrypted is None), listener.getsockname()[1]
    urls = [url] if encrypted is None else [url, listen.format_url(encrypted, tls=True)]

    def ready() -> None:
        if settings.port_file:
            listen.write_port_file(settings.port_file, port)
        try:
            click.echo(_welcome(world, urls, settings.control_token if settings is not told else None))
        except OSError as error:
            access_log.log.warning("standard output cannot be written: %s", error.strerror)
            _give_up(sys.stdout)

    def starting(ended: str) -> None:
        instance = world.store.instance() if world.store.fork() else None
        if ended:
            access_log.log_replacement(ended, instance)

    if os.name == "nt":
        from ..server.werkzeug import run
    else:
        from ..server.gunicorn import run
    status: Any = 0
    started = os.getpid()
    try:
        run(
            Front(world),
            listener,
            ready,
            tls,
            encrypted,
            workers=settings.workers,
            leaving=lines.flush,
            starting=starting,
            metrics=world.metrics,
            data=DataReload(world),
            cors=settings.cors,
            alone=settings.store == "memory",
        )
    except SystemExit as stopped:
        if os.getpid() != started:  # a worker ends: the rest is for the process that the user started
            raise
        status = stopped.code
    if failures():
        click.echo(
            f"mockserver: {_count(failures(), 'call')} with warnings; --strict counts that as failure.", err=True
        )
        status = status or 1
    sys.exit(status)


@commands.command(context_settings={"allow_interspersed_args": False})
@_settings_as_options(
    "host",
    "port",
    "port_file",
    "workers",
    "watch",
    "reset_at",
    "control",
    "public_url",
    "trusted_proxies",
    "tls_cert",
    "tls_key",
    "tls_port",
    "log_format",
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="write the verdict there as JUnit XML")
@click.option("--ignore", default="", metavar="LIST", help="checks to leave out of the verdict: pages,...")
@click.option(
    "--fail-on",
    default="",
    metavar="LIST",
    help="checks whose advice is a failure: pages (one page of a list was read)",
)
@click.argument("command", nargs=-1, required=True)
def run(command: tuple[str, ...], junit: Path | None, ignore: str, fail_on: str, **given: Any) -> None:
    """Run a command (mockserver run -- npm test) beside a server of its own.

    The command finds MOCKSERVER_URL and, per vendor, MOCKSERVER_<VENDOR>_URL, _CREDENTIAL and _HEADERS (JSON). Ends
    with its exit status, or with 1 when the calls it made break the verdict; a list of which one page was read breaks
    it with --fail-on pages alone. What the command deletes or resets is not judged any more.
    """
    from ..engine import verdict
    from ..testing.server import Server
    from . import run as run_

    _mention_unknown()
    lists = []
    for flag, text in (("--ignore", ignore), ("--fail-on", fail_on)):
        try:
            lists.append(verdict.parse_checks(text))
        except ValueError as error:
            raise InvalidSetting(f"{flag} is {text!r}, wanted {error}.") from None
    ignored, decisive = lists
    if both := ignored & decisive:
        raise InvalidSetting(f"--ignore and --fail-on both name {', '.join(sorted(both))}, wanted in one of them.")
    unwritable = f"--junit {junit} cannot be written"
    if junit:
        try:
            run_.write(junit, "<testsuites/>")  # told now, and not after a long run
        except OSError as error:
            raise InvalidSetting(f"{unwritable}: {error.strerror}.") from None
    with Server(**given) as server:
        environment = {**os.environ, **run_.variables(server.world, server.url)}
        environment |= run_.past_proxies(environment, server.url)
        try:
            status = run_.obey(command, environment)
        except OSError as error:
            click.echo(f"mockserver: {command[0]} cannot be run: {error.strerror}.", err=True)
            sys.exit(run_.NOT_FOUND if isinstance(error, FileNotFoundError) else run_.NOT_EXECUTABLE)
        broken, told, judged = run_.judge(server.world, ignored, decisive)
    for line in told:
        click.echo(line, err=True)
    if junit:
        try:
            run_.write(junit, judged)
        except OSError as error:
            click.echo(f"mockserver: {unwritable}: {error.strerror}.", err=True)
            status = status or 2
    sys.exit(status or int(broken))


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="an array of objects, each with an example call that works")
@click.option("--dataset", default=None, metavar="NAME", help="whose example account is shown [default]")
@click.option("--fixtures", default=None, metavar="DIR", help="folder with <vendor>/<dataset>.yaml")
def vendors(as_json: bool, dataset: str | None, fixtures: str | None) -> None:
    """List the vendors, where they answer, and a call that works."""
    _mention_unknown()
    listed = _listing(make_settings({"dataset": dataset, "fixtures": fixtures}))
    if as_json:
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    for vendor in listed:
        click.echo(f"{vendor['name']:<12}{vendor['title']}  {vendor['document']}")
        for address in vendor["addresses"]:
            click.echo(f"{'':<12}{address}")


@commands.command()
@click.argument("vendor", required=False)
def readings(vendor: str | None) -> None:
    """List how ambiguous documents can be read; the first choice of each is marked as the default."""
    from .. import vendors as shelf

    found = shelf.found()
    names = [known.name for known in found]
    if vendor and vendor not in names:
        raise InvalidSetting(f"there is no vendor {vendor!r}; there are {', '.join(names)}.")
    for known in found:
        if vendor in (None, known.name):
            for reading in known.readings:
                choices = ", ".join(f"{c} (default)" if c == reading.default else c for c in reading.choices)
                click.echo(
                    f"{known.name}.{reading.name}: {choices}\n    {reading.about} [{reading.basis} {reading.source}]"
                )
    click.echo("Sources: 000:21 is line 21 of document 000; P[4] is in docs/sources.md.")


@commands.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def validate(paths: tuple[Path, ...]) -> None:
    """Check fixture files, specs and scenarios: those given (files or folders), or all of ours."""
    from .validate import check_all

    _mention_unknown()
    checked, faults = check_all(paths)
    _tell(faults)
    if faults:
        number = sum(fault.number for fault in faults)
        click.echo(f"mockserver: {_count(number, 'fault')} in {_count(checked, 'file')}.", err=True)
        sys.exit(1)
    click.echo(f"{_count(checked, 'file')} checked, nothing wrong.")


@commands.command()
@click.argument("vendor")
@click.option("--records", default=None, metavar="N", help="how many records [as many as the default dataset has]")
@click.option("--seed", default="1", metavar="S", help="another seed, other data [1]")
@click.option(
    "--anchor",
    default=None,
    metavar="TIME",
    help="the instant for which the data is made [that of the default dataset]",
)
@click.option("--dataset", default=None, metavar="NAME", help="the name written into the file [the file's own]")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="file to write; - is standard output"
)
def generate(vendor: str, records: str | None, seed: str, anchor: str | None, dataset: str | None, out: Path) -> None:
    """Make fixtures with a vendor's seeded recipe: YAML up to 10,000 records, JSON Lines beyond."""
    from .. import vendors as shelf
    from .generate import write

    dataset = dataset or (out.stem if out != Path("-") else None)
    settings = make_settings({"records": records, "seed": seed, "dataset": dataset}, {})
    by_name = {known.name: known for known in shelf.found()}
    if vendor not in by_name:
        raise InvalidSetting(f"there is no vendor {vendor!r}; there are {', '.join(by_name)}.")
    try:
        moment = clock.check_range(clock.parse_instant(anchor)) if anchor else None
    except ValueError as error:
        raise InvalidSetting(f"--anchor: {error}.") from None

    def watched(rows: Iterator[Any], total: int) -> Iterator[Any]:
        if total <= MANY or not sys.stderr.isatty():
            return rows
        return _with_progress(rows, total)

    written = write(by_name[vendor], settings.dataset, out, settings.records, settings.seed, moment, watched)
    click.echo(f"{_count(written, 'record')} of {vendor} written to {out}", err=True)


@commands.command()
@click.option(
    "--url", default=None, help="the server's address [MOCKSERVER_URL, else http://127.0.0.1:MOCKSERVER_PORT or 8080]"
)
@click.option(
    "--wait", default=0.0, type=click.FloatRange(0, 3600), metavar="SECONDS", help="keep asking for so long [0]"
)
def health(url: str | None, wait: float) -> None:
    """Ask a server whether it is healthy; exit status 0 when it is."""
    from .health import ask

    url = url or _url()
    healthy, found = ask(url, wait)
    click.echo(f"{without_password(url)} {found}", err=not healthy)
    sys.exit(0 if healthy else 1)


@commands.command()
@click.option("--sandbox", default="default", metavar="NAME", help="the sandbox to write down [default]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="folder for the files")
@click.option("--url", default=None, help="the server's address, as for health")
@click.option("--token", default=None, help="the server's control token  (MOCKSERVER_CONTROL_TOKEN)")
def export(sandbox: str, out: Path, url: str | None, token: str | None) -> None:
    """Write what a sandbox of a running server holds as fixtures: serve --fixtures DIR serves them."""
    from ..testing.client import Client, Refused
    from . import export as export_

    url = url or _url()
    try:
        client = Client(url, token or os.environ.get(variable_name("control_token")) or None)
        files = export_.export(client, sandbox, out)
    except Refused as refused:
        told = f"{without_password(url)} refuses: {refused.problem.get('detail') or refused}"
        raise InvalidSetting(told) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidSetting(f"The sandbox {sandbox} of {without_password(url)} cannot be exported: {why}.") from None
    for file in files:
        click.echo(str(file))


def _url() -> str:
    """Where the user's server is, unless said otherwise. Raises WrongSetting for a slip in the name of a setting."""
    find_unknown(os.environ)
    encrypted = describe_source(os.environ, "tls_cert") and not describe_source(os.environ, "tls_port")
    scheme = "https" if encrypted else "http"
    port = describe_source(os.environ, "port") or 8080
    return os.environ.get("MOCKSERVER_URL") or f"{scheme}://127.0.0.1:{port}"


def _with_progress(rows: Iterator[Any], total: int) -> Iterator[Any]:
    with click.progressbar(rows, length=total, label="making records", file=sys.stderr) as bar:
        yield from bar


def _listing(settings: Settings) -> list[dict[str, Any]]:
    from .. import vendors as shelf
    from ..data.catalog import DatasetCatalog
    from ..engine.examples import list_vendors

    found = shelf.found()
    return list_vendors(
        found, DatasetCatalog(found, settings.fixtures, settings.records, settings.seed), settings.dataset
    )


def _welcome(world: Any, urls: list[str], made_token: str | None = None) -> str:
    from ..engine.examples import format_curl, list_vendors
    from ..sandbox.first_use import first_day

    url, where = urls[0], " and ".join(urls)
    public = world.settings.public_url
    outside = f", from outside {public}" if public else ""
    lines = [f"mockserver {__version__} serves dataset {world.settings.dataset!r} on {where}{outside}", ""]
    day = first_day(world.settings, world.wall_time())
    for vendor in list_vendors(world.vendors, world.sandboxes.catalog, world.settings.dataset, day):
        lines += [vendor["title"], *(f"  {address}" for address in vendor["addresses"])]
        lines += [f"  {format_curl(vendor['example'], url)}", ""]
    if made_token:
        lines += [f"control token (made for this run): {made_token}", ""]
    health = f"health: {url}/__admin/health   " if world.settings.control else ""
    return "\n".join([*lines, f"{health}stop: Ctrl-C"])


def _give_up(stream: TextIO) -> None:
    """Let an output that cannot be written lead nowhere: at the end Python would try once more, and fail."""
    with suppress(OSError, ValueError):  # no file is behind it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _tell(faults: Iterable[FileError]) -> None:
    """Print faults of files, and at the end where such files are described."""
    faults = list(faults)
    for fault in faults:
        click.echo(str(fault), err=True)
    for page in sorted({fault.see for fault in faults if fault.see}):
        click.echo(f"mockserver: {page} describes such files.", err=True)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
