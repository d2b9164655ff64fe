"""Training steps by hand: a tiny chip in plain numbers, networks with their shapes, and what each
update rule asks, in its own words.

`chip` holds the settings, `hand` the arithmetic of one operation, `networks` the shapes, `schemes`
the rules; nothing here calls the program's own formulas. tests/timing holds the program's cycles
and counts to it, tests/cost its joules.
"""
