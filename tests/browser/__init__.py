"""Tests in a real browser: the console as people use it."""
