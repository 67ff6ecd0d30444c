"""The catalogue: entities, fields, types and collections, and contact state as checked values. Knows no store."""
