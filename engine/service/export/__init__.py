"""The export of a selection: its cells, and the files that they are written into."""
