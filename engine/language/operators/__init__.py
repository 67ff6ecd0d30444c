"""Tests of values: one frozen entry per test, in one list (`catalogue.py`)."""
