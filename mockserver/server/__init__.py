"""Bytes in, bytes out: one HTTP connection and its hosts. Imported by cli and testing."""
