"""How each operator is said in the words of ONNX and of PyTorch, for networks that leave.

In go a layer and its values, out come a node of a file or a part of a module. `onnx_graph.py` is what
the functions of the `onnx_` files write into; those of the `torch_` files give the part itself. Begin
with `workloads/onnx_writer.py` and `workloads/torch_writer.py`, which join them.
"""
