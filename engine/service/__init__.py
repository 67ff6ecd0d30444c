"""Doors, loops and wiring: the one layer that knows all others."""
