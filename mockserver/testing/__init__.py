"""Helpers for those who test against the sandbox."""
