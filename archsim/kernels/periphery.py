"""What drives and senses the lines of a crossbar: its converters, noise and managements, by word and as
the kernels take them.

Order and converter law are those of aihwkit (rpu.md 5.1 and 5.2 restate them): res = 1/(2^b - 2), step
= 2 bound res, 0 bits = no rounding.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from hwlib.errors import InputError

F = np.float32
DIRECTIONS = ("off", "forward", "backward", "both")


class Periphery(NamedTuple):
    """What drives and senses the lines of a crossbar.

    `noise_management` and `bound_management`: off, forward, backward or both, compared with the
    direction of a read. Converters of so many bits (0: no rounding), their bounds (0: none) and the
    standard deviations of their noise, in units of input and of weight x input.
    """

    noise_management: str = "off"
    bound_management: str = "off"
    input_bits: int = 7
    input_bound: float = 1.0
    input_noise: float = 0.0
    output_bits: int = 9
    output_bound: float = 12.0
    output_noise: float = 0.06


class ReadPhysics(NamedTuple):
    """A periphery in one direction as the kernels take it: float32, steps and bounds of 0 switch
    rounding and output clip off; `retry_limit` is the largest division of the input by bound
    management (0 = off). The first fields of `read_block`'s physics.
    """

    manage_noise: bool
    retry_limit: np.float32
    input_step: np.float32
    input_bound: np.float32
    input_noise: np.float32
    output_step: np.float32
    output_bound: np.float32
    output_noise: np.float32


DEFAULT = Periphery()


def converter_step(bits: int, bound: float) -> float:
    """Width of one level: 2 bound/(2^bits - 2); 0 bits = 0 = no rounding (aihwkit's law: an odd
    number of levels, zero among them).
    """
    if bits < 0 or bits == 1 or bits > 24:
        raise InputError("converter bits out of range", got=bits, allowed="0 (no rounding), 2-24")
    if bits and not bound > 0:
        raise InputError("a rounding converter needs a bound", got=bound, allowed="> 0")
    return 2.0 * bound / (2**bits - 2) if bits else 0.0


@functools.lru_cache(maxsize=256)
def read_physics(periphery: Periphery, transposed: bool) -> ReadPhysics:
    """The physics of a read in one direction. Raises InputError for parameters out of range."""
    given = periphery._asdict()
    for name in ("noise_management", "bound_management"):
        choice = given[name]
        if choice not in DIRECTIONS:
            raise InputError("unknown direction", where=name, got=choice, allowed=DIRECTIONS)
    for name in ("input_bound", "input_noise", "output_bound", "output_noise"):
        value = given[name]
        if not (math.isfinite(value) and value >= 0):
            raise InputError("not a finite number >= 0", where=name, got=value)
    here = ("backward" if transposed else "forward", "both")
    # aihwkit: stop after a division above 1000, or above 0.25/input step.
    step = converter_step(periphery.input_bits, periphery.input_bound)
    limit = min(1000.0, 0.25 / step) if step > 0 else 1000.0
    return ReadPhysics(
        manage_noise=periphery.noise_management in here,
        retry_limit=F(limit if periphery.bound_management in here else 0.0),
        input_step=F(step),
        input_bound=F(periphery.input_bound if periphery.input_bound > 0 else np.inf),
        input_noise=F(periphery.input_noise),
        output_step=F(converter_step(periphery.output_bits, periphery.output_bound)),
        output_bound=F(periphery.output_bound),
        output_noise=F(periphery.output_noise),
    )
