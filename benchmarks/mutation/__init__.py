"""How many faults the default test suite sees: single mutants of the code that makes numbers, each
run against the tests.

    # which test runs which line, and how long it takes (the whole suite once)
    python -m benchmarks.mutation measure
    # a quarter of the mutants; goes on where it stopped
    python -m benchmarks.mutation run --seed 1 --count 100 --part 1/4
    # caught, survived, by room
    python -m benchmarks.mutation report

`operators.py` says what a mutant is, `draw.py` which are drawn, `trial.py` runs the tests over one.
"""
