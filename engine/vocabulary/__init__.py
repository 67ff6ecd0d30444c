"""The words of the field as plain frozen values; knows nothing but Python."""
