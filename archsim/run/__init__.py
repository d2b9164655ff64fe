"""The verbs of the public surface, and what they return.

In: a network, a chip, a scheme and options (`options.py`). Out: a `Result` (`result.py`), whose
document `result_schema.py` describes, or a training with its silicon (`training_and_silicon.py`). A
stored result is priced again at another node (`another_node.py`) and says its sources
(`citations.py`). Begin with `simulation.py`, then `result.py`.
"""
