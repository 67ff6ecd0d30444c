"""Subjects: what criteria ask about. One file per kind, one list (`catalogue.py`)."""
