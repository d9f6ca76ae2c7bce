"""Isolated worlds: what one is, how a request selects one, its settings, edits, fault rules, scenarios.

Imported by engine and above.
"""
