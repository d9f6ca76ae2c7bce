"""``python -m mockserver`` is ``mockserver``."""

from .cli.commands import main

main(prog_name="mockserver")
