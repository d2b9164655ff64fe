"""What makes pulse trains, for every scheme that pulses devices: the parts that it adds to a chip, and
the actions that they performed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.chip.blocks.bitstream import NUMBERS_OF_A_TILE
from archsim.kernels.generators import IDEAL, SHARING, SHARINGS, SOURCE, Generators
from archsim.schemes.rule import ActionCounts

if TYPE_CHECKING:
    from archsim.chip.config import Architecture


def train_generators(chip: Architecture) -> dict[str, dict]:
    """Inventory entries of the generators of a chip's `bitstream` settings; independent random bits
    have no hardware.
    """
    stream = chip.bitstream
    if stream.source == "ideal":
        return {}
    whole = {"bits": stream.resolution, "source": stream.source}
    if stream.sharing == "chip":
        return {
            "bitstream_generator": {
                "part": "bitstream_generator",
                "parameters": whole,
                "per": "chip",
                "count": stream.bits_per_cycle,
                "boundary": "chip",
            }
        }
    bits = {"bits": stream.resolution}
    numbers = stream.numbers_of_a_tile
    line = {
        "part": "stream_converter" if numbers else "bitstream_generator",
        "parameters": bits if numbers else whole,
        "per": "line",
        "count": 1,
        "boundary": "macro",
    }
    if not numbers:
        return {"bitstream_generator": line}
    return {
        "bitstream_generator": line,
        "number_generator": {
            "part": "lfsr" if stream.source == "lfsr" else "sobol_generator",
            "parameters": bits,
            "per": "tile",
            "count": numbers,
            "boundary": "macro",
        },
    }


def count_trains(done: ActionCounts, generators: Generators, slots: float, lines: int) -> None:
    """Count what the generators of an array did in trains of `slots` slots in all on `lines` lines."""
    state = generators.state if generators.state.ndim == 1 else generators.state[0]
    if state[SOURCE] == IDEAL:
        return
    done.add("bitstream_generator", "bit", slots * lines)
    numbers = NUMBERS_OF_A_TILE.get(SHARINGS[state[SHARING]], 0)
    if numbers:
        done.add("number_generator", "number", slots * numbers)
