"""Actions: one file per verb, one list (`catalogue.py`). What a step does, and how far it reaches."""
