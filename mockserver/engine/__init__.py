"""The life of a call, and what is recorded of it. Imported by app, server, admin and above."""
