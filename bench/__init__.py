"""Benchmarks: run by `make bench`, printed as a table and written as JSON. Nothing here is asserted."""
