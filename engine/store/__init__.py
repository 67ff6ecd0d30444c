"""The store: tables, transactions, and criteria lowered to SQL. The only layer that knows SQLAlchemy."""
