"""``mockserver readings``: the readings of the vendors' documents."""

from __future__ import annotations

import click

from .. import vendors
from ..sdk.errors import InvalidSetting


@click.command()
@click.argument("vendor", required=False)
def readings(vendor: str | None) -> None:
    """List how ambiguous documents can be read; the first choice of each is marked as the default."""
    all_vendors = vendors.find_vendors()
    names = [known.name for known in all_vendors]
    if vendor and vendor not in names:
        raise InvalidSetting(f"there is no vendor {vendor!r}; there are {', '.join(names)}.")
    for known in all_vendors:
        if vendor in (None, known.name):
            for reading in known.readings:
                choices = ", ".join(f"{c} (default)" if c == reading.default else c for c in reading.choices)
                click.echo(
                    f"{known.name}.{reading.name}: {choices}\n    {reading.about} [{reading.basis} {reading.source}]"
                )
    click.echo("Sources: 000:21 is line 21 of document 000; P[4] is in docs/sources.md.")
