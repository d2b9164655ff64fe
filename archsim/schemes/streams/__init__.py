"""Rules that form the gradient from bit streams, on a block of stream multipliers.

In: inputs and errors as streams of stochastic bits. Out: products counted at gates, and weights
that an optimiser behind them writes (`essop`), that are counters themselves (`dsc`), or whose
optimiser runs on streams too (`cbram_sc`). `stream_unit.py` is the hardware,
`algorithms/stream_rule.py` the algorithm that they share. Begin with `essop.py`, then
`stream_unit.py`.
"""
