"""How secrets are recognised in a text: by their names, by the places they stand in, and by themselves."""
