"""Verdicts of all records at once, as Polars expressions over columns that were read once: the audit's road.

Nothing here is imported unless the extra `ansgar[audit]` is installed.
"""
