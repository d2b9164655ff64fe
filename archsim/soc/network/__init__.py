"""The network between cores as events: links with the buffers of routers behind them, and packets.

In: the layout of a network (archsim/chip/network) and how wide, how fast and how deep it is. Out:
messages that arrive, in whole cycles, and how busy every link was. Virtual cut-through: the head of
a packet goes on as soon as the next link is free and the buffer behind it has a slot for the whole
packet, and the packet waits in that slot where it is not. Begin with `network.py`, then `link.py`.
"""
