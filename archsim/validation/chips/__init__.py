"""Fabricated chips beside what the model gives for them, all described by one rule.

In: `facts/NAME.toml`, what a paper states of its chip and what nobody states; out: for each an
architecture file (`NAME.toml`, written by `python -m archsim.validation.chips` from `rule.py`) and the
energy of an invocation and the area of a core (`priced.py`) beside the published ones (`figures.py`).
`leave_one_out.py` prices each without the rows of hwlib/fits that it gave. Begin with `rule.py`.
"""
