"""Turns that the images of a mini-batch take where they meet, on threads without Python's lock.

Scales of stored words and running statistics follow one image after the other. The rest of an image
meets no other one, so threads compute side by side and wait only there, each until the image before
has passed the same place: what they leave are the bits of one thread, for any number of them.

A table of turns is int64 (n,): the next image that nobody has begun, whether a thread gave up, the
last way that an image goes, and behind them how many images have passed each place. An empty one is
that of a thread alone.
"""

from __future__ import annotations

import ctypes
import os

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.compiled import kernel

# Numbers of a cache line: threads that wait for one place would slow those that pass the next.
APART = 8
NEXT = 0
GIVEN_UP = APART
LAST = GIVEN_UP + 1
PLACES = 2 * APART
WAYS = 3  # forth, back, and back once more
LOOKS = 64  # at a place before the processor goes to another thread
GIVE_WAY = "archsim_give_way"


def _address() -> int:
    """Of the operating system's way to give the processor to another thread."""
    if os.name == "nt":
        library: ctypes.CDLL = ctypes.windll.kernel32  # type: ignore[attr-defined]
        return ctypes.cast(library.SwitchToThread, ctypes.c_void_p).value or 0
    return ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value or 0


llvm.add_symbol(GIVE_WAY, _address())


def new_turns(operations: int, last: int, *, meet: bool) -> np.ndarray:
    """A table of turns before a mini-batch whose images go ways 0 to `last`; without places where
    they do not `meet`.
    """
    turns = zeros_apart(PLACES + (operations * WAYS * APART if meet else 0), np.int64)
    return begin_turns(turns, last)


def begin_turns(turns: np.ndarray, last: int) -> np.ndarray:
    """The same table before another mini-batch."""
    turns[...] = 0
    turns[LAST] = last
    return turns


def _place(context, builder, signature, arguments):
    """Address of number `arguments[1]` of an array of int64."""
    array = context.make_array(signature.args[0])(context, builder, value=arguments[0])
    return builder.gep(array.data, [arguments[1]])


def _takes(numbers) -> bool:
    return isinstance(numbers, types.Array) and numbers.dtype == types.int64


@intrinsic
def claim(typing_context, numbers, position):
    """Add one to a number and return what it was, as one step of no other thread."""
    if not _takes(numbers):
        return None

    def generate(context, builder, signature, arguments):
        address = _place(context, builder, signature, arguments)
        return builder.atomic_rmw("add", address, ir.Constant(ir.IntType(64), 1), "acq_rel")

    return types.int64(numbers, types.intp), generate


@intrinsic
def look_at(typing_context, numbers, position):
    """A number as another thread wrote it last, and behind it all that was written before."""
    if not _takes(numbers):
        return None

    def generate(context, builder, signature, arguments):
        address = _place(context, builder, signature, arguments)
        return builder.load_atomic(address, "acquire", 8)

    return types.int64(numbers, types.intp), generate


@intrinsic
def tell(typing_context, numbers, position, value):
    """Write a number for other threads, behind all that was written before."""
    if not _takes(numbers):
        return None

    def generate(context, builder, signature, arguments):
        address = _place(context, builder, signature, arguments)
        builder.store_atomic(arguments[2], address, "release", 8)
        return context.get_dummy_value()

    return types.none(numbers, types.intp, types.int64), generate


@intrinsic
def give_way(typing_context):
    """Let the processor go on with another thread."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, kind, GIVE_WAY)
        builder.call(function, [])
        return context.get_dummy_value()

    return types.none(), generate


@kernel
def await_change(numbers, seen, rounds):
    """Look at the first number, for so many rounds, until it is another than was `seen`."""
    for _ in range(rounds):
        for _ in range(LOOKS):
            if look_at(numbers, 0) != seen:
                return
        give_way()


@kernel
def next_image(turns, image):
    """The image that a thread takes after `image`; -1: its first."""
    if turns.shape[0] == 0:
        return image + 1
    return claim(turns, NEXT)


@kernel
def await_turn(turns, index, way, image):
    """Wait until the image before `image` has passed operation `index` on this way."""
    if turns.shape[0] <= PLACES:
        return
    position = PLACES + (index * WAYS + way) * APART
    looks = 0
    while look_at(turns, position) < image:
        looks += 1
        if looks % LOOKS == 0:
            # Nobody passes any more behind a thread that ended in an error.
            if look_at(turns, GIVEN_UP) > 0:
                return
            give_way()


@kernel
def await_last(turns, index, image):
    """Wait until the image before `image` has passed operation `index` on all ways: what two errors
    of an image add to is a sum in their order.
    """
    if turns.shape[0] > PLACES:
        await_turn(turns, index, turns[LAST], image)


@kernel
def pass_turn(turns, index, way, image):
    """Let the image behind `image` pass operation `index` on this way."""
    if turns.shape[0] > PLACES:
        tell(turns, PLACES + (index * WAYS + way) * APART, image + 1)
