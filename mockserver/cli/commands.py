"""The group of all commands, and what becomes of the errors that a user can mend."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from ..data.fixture_errors import InvalidFixture
from ..sdk.errors import InvalidSetting
from ..sdk.logtext import escape_unprintable
from ..sdk.version import __version__
from ..server.collector import pause_collector
from ..vendors import BadVendor
from .output import count, discard_output, print_faults

COMMANDS = ("export", "generate", "health", "readings", "run", "serve", "validate", "vendors")
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class CommandGroup(click.Group):
    """The commands, each in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        with pause_collector():  # imported here and not before: most commands need a fraction of what ``serve`` loads
            module = import_module(f".{cmd_name}", __package__)
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(name="mockserver", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
def commands() -> None:
    """An offline sandbox of five billing vendors' "list invoices" APIs."""
    try:
        os.getcwd()
    except OSError:
        raise InvalidSetting("the working directory is not there any more; go to one that is.") from None


def main(**options: Any) -> None:
    """Run a command; report an error that the user can mend in a sentence, with exit status 2."""
    try:
        commands(**options)
    except OSError as error:
        if error.errno not in UNWRITABLE and error.filename is None:
            raise
        with suppress(OSError):  # standard error itself may be what cannot be written
            name = error.filename or "standard output"
            verb = "written" if error.errno in UNWRITABLE else "used"
            click.echo(escape_unprintable(f"mockserver: {name} cannot be {verb}: {error.strerror}."), err=True)
        discard_output(sys.stdout)
        sys.exit(2)
    except (InvalidSetting, BadVendor) as error:
        click.echo(escape_unprintable(f"mockserver: {error}"), err=True)
        sys.exit(2)
    except InvalidFixture as invalid:
        print_faults(invalid.faults)
        click.echo(f"mockserver: {count(invalid.number, 'fault')} in files; nothing is served.", err=True)
        sys.exit(2)
