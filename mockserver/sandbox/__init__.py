"""Isolated worlds: what a sandbox is, how a request selects one, its settings, edits, fault rules and scenarios. Imported by engine and above."""
