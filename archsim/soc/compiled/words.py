"""TableNumbers that stand for words in compiled code."""

from __future__ import annotations

# Kinds of events. Who waits for it goes on (RESUME); a queue gives its first item to its taker
# (SERVE) or lets the next giver in (ADMIT); a giver is in (PLACED); a taker has its item (TAKEN);
# somebody goes on later in this cycle (WAKE); a resource that lets lower numbers first is left
# (LEFT).
RESUME = 0
SERVE = 1
ADMIT = 2
PLACED = 3
TAKEN = 4
WAKE = 5
LEFT = 6

CONTROLLER = -1
"""The controller, as a process."""
NONE = -1

# Roles of processes.
FEED = 0
UNIT = 1
DRAIN = 2
# All three in one, of an operation that has the chip to itself.
CHAIN = 3

# What becomes of an operation's jobs.
ON_TILES = 0
OFF_TILES = 1
WRITE = 2

# How many rows of its source an operation needs: all, those of its window, or as many as it makes.
ALL_ROWS = 0
WINDOW = 1
SAME_ROW = 2

# Why a tile stands still, in the order of `CAUSES`.
INPUT = 0
OUTPUT = 1
DEPENDENCY = 2
INSTRUCTION = 3
CAUSES = 4

# What ended the compiled loop before all was done: a table is too small, work was lost, or nobody
# can go on.
WHOLE = 0
FULL = 1
LOST = 2
STUCK = 3
"""Only a table that is FULL is made larger, and the run begins anew."""

AGELESS = 1 << 62
"""The age of who makes nobody give way: the controller and what it fetches."""

UP = 0
DOWN = 1
"""Priorities on a resource that lets results leave first."""
