"""The public surface in one file, ``surface.yaml``: what users and outside vendors hold on to. A test compares it with
the code, both ways; ``python -m tests.surface --write`` writes it anew, and ``git diff`` shows what was renamed.
"""
