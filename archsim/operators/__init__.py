"""What a layer operator is: one file each in `array` (weights on crossbars), `vector` (the digital
vector unit) and `free` (data only move), found by themselves.

In: a layer's sizes, settings and input values. Out: its output shape, the work it asks of the
vector unit, its exact output in NumPy, its steps in a training with their kernels, its names in
ONNX. Each output equals ONNX's definition; a battery holds every operator to that. Numbers that have
not arrived are NaN and stay NaN, so that a step of the simulation which ran ahead of its data is
seen. Begin with `base`, then `vector/relu.py`; `vocabulary` finds them, `forward` and `digital_work`
ask them, `compiled` makes machine code of their kernels.
"""
