"""What the input and output buffers of the cores of a chip hold, operation after operation."""

from __future__ import annotations

from typing import NamedTuple

from archsim.chip.config import Architecture
from archsim.chip.cores.unit_shares import UnitShares
from archsim.chip.plan.memory_map import KIB


class _Held(NamedTuple):
    """Bits in a buffer of a core, which operations up to number `last` take."""

    buffer: str
    core: int
    bits: float
    last: int


class CoreBuffers:
    """The room in the buffers of all cores, taken by what comes first.

    Args:
        chip: with the sizes of a core's buffers.
        cores: how many there are.
    """

    def __init__(self, chip: Architecture, cores: int):
        self._held: list[_Held] = []
        self._free = {
            "input": [chip.core.input_buffer_kib * KIB] * cores,
            "output": [chip.core.output_buffer_kib * KIB] * cores,
        }

    def release(self, now: int) -> None:
        """Give back what no operation from this one on takes."""
        for held in self._held:
            if held.last < now:
                self._free[held.buffer][held.core] += held.bits
        self._held = [held for held in self._held if held.last >= now]

    def take(self, buffer: str, units: tuple[UnitShares, ...], bits: float, last: int) -> float:
        """The share of so many bits, spread over units as they work, that a buffer of their cores
        holds beside what it holds already; it is taken until operation number `last` is over.
        """
        free = self._free[buffer]
        needs: dict[int, float] = {}
        for unit in units:
            for core in unit.cores:
                share = core.inputs if buffer == "input" else core.outputs / len(units)
                needs[core.core] = needs.get(core.core, 0.0) + bits * share
        # One share for all cores: a step needs all parts of a map, so the fullest buffer decides.
        fits = [free[core] / need for core, need in needs.items() if need]
        kept = min([1.0, *fits])
        for number, need in needs.items():
            free[number] -= kept * need
            self._held.append(_Held(buffer, number, kept * need, last))
        return kept
