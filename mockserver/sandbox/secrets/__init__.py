"""Finds secrets in texts: by their names, by the places where they stand, and by their values."""
