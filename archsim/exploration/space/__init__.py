"""What a sweep varies, and how its points are walked.

In goes SPACE.toml (`load.py`, with `read_axes.py` and `read_ladder.py`), out come a checked `Space` and
its points: `samplers`, `nsga2` draw them, `walk` gives each once with the key under which it
is stored (`keys`), `design` resolves one to a chip, a trace and a rule. Begin with `space.py`.
"""
