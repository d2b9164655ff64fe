"""What the generators of pulse trains did, for the update rules that pulse devices.

Apart from `train_generators.py`, which schemes read as they are listed: counting needs the kernels.
"""

from __future__ import annotations

from archsim.chip.blocks.bitstream import NUMBERS_OF_A_TILE
from archsim.kernels.generators import IDEAL, SHARING, SHARINGS, SOURCE, Generators
from archsim.schemes.layer_state import ActionCounts


def count_trains(done: ActionCounts, generators: Generators, slots: float, lines: int) -> None:
    """Count what the generators of an array did in trains of `slots` slots in all on `lines` lines."""
    state = generators.state if generators.state.ndim == 1 else generators.state[0]
    if state[SOURCE] == IDEAL:
        return
    done.add("bitstream_generator", "bit", slots * lines)
    numbers = NUMBERS_OF_A_TILE.get(SHARINGS[state[SHARING]], 0)
    if numbers:
        done.add("number_generator", "number", slots * numbers)
