"""Ansgar's engine: from rule text and contact state to verdicts, cases and effects. Layers import downwards only."""
