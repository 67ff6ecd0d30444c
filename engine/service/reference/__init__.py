"""The reference of the rule language (docs/reference.md), made from the lists that the language itself reads."""
