"""What the rules of several families share; no rule stands here.

For faces: both cycles and the optimiser of a digital gradient (`gradient_scheme.py`,
`optimiser.py`), the parts that make pulse trains (`train_generators.py`). For algorithms: optimiser
steps (`optimiser_rule.py`), digital state in words of the chip (`words.py`), reading and writing of
devices (`state_read.py`, `writing.py`). Begin with `gradient_scheme.py`, then `digital_rule.py`.
"""
