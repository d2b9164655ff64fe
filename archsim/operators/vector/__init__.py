"""Operators that the digital vector unit computes, one file each."""
