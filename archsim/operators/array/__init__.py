"""Operators whose weights sit on crossbars, one file each."""
