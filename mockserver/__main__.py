"""``python -m mockserver`` is ``mockserver``."""

from .cli import main

main(prog_name="mockserver")
