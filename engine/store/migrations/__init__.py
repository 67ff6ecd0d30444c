"""Migrations of the fixed tables, by Alembic. Record tables follow the model instead (`records.py`)."""
