"""What a finished sweep says: the front and its knee, how sure they are, what drives an objective.

In goes a `Table`; `pareto.py` is arithmetic on arrays, `front.py` applies it, `uncertainty.py` draws the
figures of the prices anew, `sensitivity.py` divides variance over axes. Begin with `front.py`.
"""
