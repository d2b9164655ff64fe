"""Array physics: numba kernels, arrays in and arrays out, with a readable NumPy twin of each beside
it.

Nothing is imported here: numba takes more than a second, so a caller imports the module that it
uses (`from archsim.kernels.read import crossbar_read`). Begin with `read_reference.py`, the twin of
a read, then `read.py`.
"""
