"""The control API under ``/__admin``, the API docs under ``/__docs``, and the pages. Imported by app."""
