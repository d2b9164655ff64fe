"""Training of networks on arrays of devices: forward, backward and update in the crossbar, one
image after the other.

In: a network, a chip or settings that name none, data, and the algorithm of an update rule. Out:
the errors of each epoch, weights, writes of every device and the measured activity (`result.py`).
Begin with `loop.train` and `settings.TrainingSettings`, then `machine.py`. Nothing is imported
here: numba takes more than a second.
"""
