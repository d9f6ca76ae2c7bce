"""The control API under ``/__admin``: `api` puts it together, one module per thing it controls."""
