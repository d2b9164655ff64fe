"""What makes pulse trains, for every scheme that pulses devices: the parts that it adds to a chip.
`train_counts.py` counts what they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
