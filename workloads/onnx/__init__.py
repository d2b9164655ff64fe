"""From an ONNX file to the layers of a network; `workloads/onnx_file.py` is the door.

A file is parsed (`model.py`), ordered (`order.py`, `graph.py`) and given shapes (`inference.py`,
`batch.py`); converters, a function an operator, then make layers of its nodes with a `Builder`.
Constants are read or worked out when they are wanted (`constants.py`, `arithmetic.py`). Nothing of
a file is executed. Begin reading with `builder.py`, then `products.py`.
"""
