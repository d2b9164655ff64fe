"""Types of the records that kernels take which are compiled before their callers (see `kernels.doors`)."""

from __future__ import annotations

from numba.core import types

from archsim.kernels.doors import Block, Vector, Whole
from archsim.training.records import Cycle, KeptWords

_Scales = types.Array(types.int64, 2, "C")
_Words = types.Array(types.uint64, 1, "C")
KEPT_WORDS = types.NamedTuple((Vector, Vector, _Scales, Whole, types.int64), KeptWords)
CYCLE = types.NamedTuple(
    (
        _Scales,  # arrays
        Vector,  # weights
        Vector,  # memory
        Vector,  # errors
        Block,  # physics
        types.uint64,  # seed
        types.uint64,  # step
        types.Array(types.int64, 3, "C"),  # totals
        Vector,  # room
        _Words,
        _Scales,
        Whole,  # form
        Vector,  # biases
        KEPT_WORDS,
        types.boolean,  # follows
        types.boolean,  # learns
        types.int64,  # way
        Whole,  # turns
        types.int64,  # image
    ),
    Cycle,
)
