"""``mockserver export``: a running server's sandbox as fixture files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from ..sandbox.settings import variable_name
from ..sandbox.store_url import without_password
from ..sdk.errors import InvalidSetting
from ..testing.client import Client, Refused
from .options import server_url

_SAFE_PATH = re.compile(r"\w[\w.-]*/\w[\w.-]*\.(?:yaml|jsonl)", re.ASCII)


@click.command()
@click.option("--sandbox", default="default", metavar="NAME", help="the sandbox to write down [default]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="folder for the files")
@click.option("--url", default=None, help="the server's address, as for health")
@click.option("--token", default=None, help="the server's control token  (MOCKSERVER_CONTROL_TOKEN)")
def export(sandbox: str, out: Path, url: str | None, token: str | None) -> None:
    """Write what a sandbox of a running server holds as fixtures: serve --fixtures DIR serves them."""
    url = url or server_url()
    try:
        client = Client(url, token or os.environ.get(variable_name("control_token")) or None)
        files = write_sandbox(client, sandbox, out)
    except Refused as refused:
        reason = f"{without_password(url)} refuses: {refused.problem.get('detail') or refused}"
        raise InvalidSetting(reason) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidSetting(f"The sandbox {sandbox} of {without_password(url)} cannot be exported: {why}.") from None
    for file in files:
        click.echo(str(file))


def write_sandbox(client: Client, name: str, out: Path) -> list[Path]:
    """Write ``<vendor>/<dataset>`` for each vendor below ``out``; returns the files.

    Reads everything before it writes anything. Raises Refused, OSError, or ValueError for an unsafe name.
    """
    sandbox = client.sandbox(name)
    texts: dict[Path, str] = {}
    for file in sandbox.send("GET", "/export")["files"]:
        if not _SAFE_PATH.fullmatch(file["path"]):
            raise ValueError(f"the server names a file {file['path'][:80]!r}, wanted <vendor>/<dataset>.yaml or .jsonl")
        texts[out / file["path"]] = sandbox.export(file["vendor"])
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        for other in {".yaml", ".jsonl"} - {path.suffix}:  # an older export of this dataset, which would win over it
            path.with_suffix(other).unlink(missing_ok=True)
    return list(texts)
