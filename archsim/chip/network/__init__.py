"""The network between the cores of a chip: where routers and links lie, and which way a packet goes.

In: a topology by its name, so many cores, the routers at which ports sit. Out: `NetworkLayout`, the links
with their lengths in pitches of a core, and `tree`, the links that a packet passes to one or
several targets, each once. Pure functions, no time; links and routers as events are in
archsim/soc/network. Begin with `layout.py`, then `mesh.py`; `routes.py` makes trees of paths.
"""
