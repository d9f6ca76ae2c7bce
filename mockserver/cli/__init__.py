"""The command line: one module per command, which `commands.py` imports when it runs. No room imports this one."""
