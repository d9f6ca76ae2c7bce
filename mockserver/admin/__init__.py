"""The control API, the API documents and the pages. Imported by app."""
