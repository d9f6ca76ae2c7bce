"""What a vendor is written with. Imports no other room."""
