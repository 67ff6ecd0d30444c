"""The rule language: YAML text becomes a checked, frozen rulebook in normal form. Opens nothing but rule files."""
