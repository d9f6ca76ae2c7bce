"""Data: fixture files, the records they hold, and the story that all five vendors tell."""
