"""Pure helpers that vendors are written with: no Flask, no vendor, no state."""
