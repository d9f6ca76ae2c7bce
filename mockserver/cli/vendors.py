"""``mockserver vendors``: the vendors, their addresses and an example call."""

from __future__ import annotations

import json

import click

from .. import vendors as installed
from ..data.catalog import DatasetCatalog
from ..engine.examples import list_vendors
from ..sandbox.settings import make_settings
from .options import print_unknown_variables


@click.command()
@click.option("--json", "as_json", is_flag=True, help="an array of objects, each with an example call that works")
@click.option("--dataset", default=None, metavar="NAME", help="whose example account is shown [default]")
@click.option("--fixtures", default=None, metavar="DIR", help="folder with <vendor>/<dataset>.yaml")
def vendors(as_json: bool, dataset: str | None, fixtures: str | None) -> None:
    """List the vendors, where they answer, and a call that works."""
    print_unknown_variables()
    settings = make_settings({"dataset": dataset, "fixtures": fixtures})
    all_vendors = installed.find_vendors()
    catalog = DatasetCatalog(all_vendors, settings.fixtures, settings.records, settings.seed)
    rows = list_vendors(all_vendors, catalog, settings.dataset)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['name']:<12}{row['title']}  {row['document']}")
        for address in row["addresses"]:
            click.echo(f"{'':<12}{address}")
