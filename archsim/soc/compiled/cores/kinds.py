"""Kinds of events and roles of processes on a chip of cores, beside those of `../words.py`."""

from __future__ import annotations

# A message begins to be sent (GO); the head of a packet is behind a link (HEAD); a link looks again
# at who asks for it (LOOK); the inputs of a step will be there later in this cycle (ARRIVING), and are
# there (THERE); a step has had its turn on the network (TURNED); a run is over (END).
GO = 16
HEAD = 17
LOOK_AGAIN = 18
ARRIVING = 19
THERE = 20
TURNED = 21
END = 22

# Roles of processes.
BRING = 16
FEED_UNIT = 17
DRAIN_UNIT = 18
CROSS = 19

TAKEN = -1
"""Of a slot: the packet in it has not left on all its ways yet."""
NO_SLOT = -1
"""Behind a link into a core or port, which needs none."""
ALL_TAKEN = -2
