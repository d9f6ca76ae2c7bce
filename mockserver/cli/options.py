"""Options made of Settings, and what the environment says for commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, TypeVar

import click

from ..sandbox.settings import Settings, check_variables, read_variable, variable_name
from ..sdk.logtext import escape_unprintable
from ..sdk.similar import MAX_NAME_CHARS

MAX_NAMES_PRINTED = 10
F = TypeVar("F", bound=Callable[..., Any])


def settings_options(*without: str) -> Callable[[F], F]:
    """Add one option per setting except these; the help names its variable."""

    def decorate(command: F) -> F:
        for setting in reversed(fields(Settings)):
            if setting.name not in without:
                command = _make_option(setting)(command)
        return command

    return decorate


def _make_option(setting: Field[Any]) -> Callable[[F], F]:
    flag = "--" + setting.name.replace("_", "-")
    default = setting.default
    suffix = f" [{default}]" if isinstance(default, str | int) and not isinstance(default, bool) else ""
    text = f"{setting.metadata['help']}{suffix}  ({variable_name(setting.name)})"
    if default is False:
        return click.option(flag, is_flag=True, default=None, help=text)
    if default is True:
        return click.option(f"{flag}/--no-{flag[2:]}", default=None, help=text)
    return click.option(flag, default=None, metavar=setting.metadata["metavar"], help=text)


def print_unknown_variables() -> None:
    """Print which ``MOCKSERVER_*`` variables are ignored. For commands that read settings from the environment."""
    unknown = check_variables(os.environ)
    if not unknown:
        return
    more = f" and {len(unknown) - MAX_NAMES_PRINTED:,} more" if len(unknown) > MAX_NAMES_PRINTED else ""
    names = ", ".join(name[:MAX_NAME_CHARS] for name in unknown[:MAX_NAMES_PRINTED])
    text = f"mockserver: passed over, as no setting is called so: {names}{more} (mockserver serve --help lists all)."
    click.echo(escape_unprintable(text), err=True)


def server_url() -> str:
    """The URL of the user's server by the environment. Raises InvalidSetting for a misspelled variable."""
    check_variables(os.environ)
    encrypted = read_variable(os.environ, "tls_cert") and not read_variable(os.environ, "tls_port")
    scheme = "https" if encrypted else "http"
    port = read_variable(os.environ, "port") or 8080
    return os.environ.get("MOCKSERVER_URL") or f"{scheme}://127.0.0.1:{port}"
