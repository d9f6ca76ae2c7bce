"""The command line, one file per command. Imported by nobody."""
