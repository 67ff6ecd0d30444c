"""The report about one record: its document, and its page."""
