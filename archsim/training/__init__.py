"""Training of networks on arrays of devices: forward, backward and update in the crossbar, one
image after the other.

Entry points: `settings.TrainingSettings` and `loop.train`. Nothing is imported here: numba takes
more than a second.
"""
