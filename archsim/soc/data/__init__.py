"""Real data through the events: what computes is what is timed.

In: images and weights (`request.py`, `tensors.py`), checked. Out: the outputs of the network and the
activity that its tiles saw. Values ride on the jobs of the event model (`tile_data.py`) through the
read physics of the tiles (`tile_physics.py`). Begin with `tile_data.py`.
"""
