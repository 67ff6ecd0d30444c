"""Rivals: what a user would pick instead, each in a module of its own, fed with the same facts or the same rows."""
