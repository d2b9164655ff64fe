"""Operators that only move data or rename it and cost nothing, one file each."""
