"""Rules that update in the array: coincidences of pulse trains move each device.

In: the inputs and errors of an image, as trains of the chip's generators. Out: pulses on the
weights (`rpu`, `zero_shift`) or on a fast array that is read and carried over (`tiki_taka`). The
compiled pass of an image does the work; the NumPy twins (`algorithms/*_reference.py`) say what it
does. Begin with `rpu.py`, then `tiki_taka.py`.
"""
