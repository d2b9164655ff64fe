"""What a layer without weights on an array computes: its exact forward pass in NumPy.

`forward.apply` gives the output of a layer from its inputs and the constants of its roles. Each
function equals ONNX's definition of it; a test holds them to ONNX's own reference evaluator.
Numbers that have not arrived are NaN and stay NaN, so that a step of the simulation which ran ahead
of its data is seen in the output.
"""
