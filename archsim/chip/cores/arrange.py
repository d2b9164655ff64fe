"""Which core of the floor does the work of which: those that send each other much lie close.

The cost is bits times pitches, of one image, a message to several cores along its tree. A greedy
order is improved by swaps of two cores, drawn from a seed; the cheapest of all that were seen is
taken, so that arranging is never worse than the order of the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from archsim.chip.cores.core_map import CoreMap
from archsim.chip.cores.traffic import Sent, cost_of, sent_in
from archsim.chip.network.layout import NetworkLayout
from archsim.chip.placement import Arrangement, Placement
from archsim.trace.operation import Trace

if TYPE_CHECKING:
    import numpy as np  # loaded where cores are arranged

    from archsim.chip.config import Architecture

MAX_CORES = 1024
"""More stay in the order of the layers: every swap looks at all."""
SWAPS_AT_ONCE = (8, 256)
"""At first, and the longer none is kept, the more are looked at together: at last few are kept."""


class _Floor(NamedTuple):
    """Bits between cores and ports, both ways together, and pitches between their routers; cores
    first."""

    bits: np.ndarray
    pitches: np.ndarray
    cores: int

    def cost(self, order: Sequence[int]) -> float:
        """Bits times pitches where core k does its work at position order[k]."""
        import numpy as np

        there = np.concatenate([np.asarray(order), np.arange(self.cores, len(self.bits))])
        return float((self.bits * self.pitches[np.ix_(there, there)]).sum() / 2)


def may_be_arranged(placement: Placement) -> bool:
    """Whether there are several cores, and not more than are arranged."""
    return 2 <= placement.cores <= MAX_CORES


def arranged(placement: Placement, trace: Trace, chip: Architecture) -> Placement:
    """The placement with its cores where they are near those with which they exchange data.

    Args:
        placement: in the order of the layers.
        trace: what is sent.
        chip: its network; `placement.arrange` says whether, `swaps` and `swap_seed` how long.

    Returns:
        the placement, with what it costs; as it is on a flat chip.
    """
    settings = chip.placement
    cores = CoreMap.of(trace, chip, placement)
    if cores is None:
        return placement
    sent = sent_in(trace, chip, placement, cores)
    if settings.arrange == "in_order" or not may_be_arranged(placement):
        # By the routes that plans ask for, too: of ten thousand cores they are most of the work.
        routes = cores.layout.routes
        before = sum(
            message.bits * routes.route(message.source, message.takers).passed.pitches
            for message in sent
        )
        return replace(placement, arrangement=Arrangement(before, before))
    order, arrangement = _order(sent, cores.layout, cores.cores, settings.swaps, settings.swap_seed)
    return replace(_renumbered(placement, order), arrangement=arrangement)


# Few settings of a chip change what is sent, and a search that begins with the same ends with it.
@lru_cache(maxsize=8)
def _order(
    sent: tuple[Sent, ...], layout: NetworkLayout, cores: int, swaps: int, seed: int
) -> tuple[tuple[int, ...], Arrangement]:
    """The cheapest order that is found, and what it costs."""
    best: Sequence[int] = range(cores)
    # By the tree of each message; the search takes pairs of cores, which is quicker and not the same
    # where a message has several targets.
    now = before = cost_of(sent, layout, best)
    floor = _floor(sent, layout, cores)
    greedy = _greedy(floor)
    improved = _improved(floor, greedy, swaps, seed)
    for order in (greedy, improved):
        cost = cost_of(sent, layout, order)
        if cost < now:
            now = cost
            best = order
    return tuple(best), Arrangement(before, now)


def arrangement_note(placement: Placement) -> list[str]:
    """What the traffic between cores costs as they lie; nothing on a flat chip."""
    cost = placement.arrangement
    if cost is None:
        return []
    text = f"{placement.cores} cores: {cost.arranged:.4g} bits x pitches an image between them"
    if cost.arranged < cost.in_order:
        text += f" ({cost.in_order:.4g} in the order of the layers)"
    if placement.cores > MAX_CORES:
        text += f", in the order of the layers: more than {MAX_CORES:,} are not arranged"
    return [text]


def _renumbered(placement: Placement, order: Sequence[int]) -> Placement:
    """The placement with the tiles of core k on core order[k]."""
    each = placement.available // placement.cores
    layers = {
        name: replace(
            layer, tiles=tuple(order[tile // each] * each + tile % each for tile in layer.tiles)
        )
        for name, layer in placement.layers.items()
    }
    kinds = list(placement.core_kinds)
    for core, kind in enumerate(placement.core_kinds):
        # Kinds move with their cores: the floor has no places of its own for them.
        kinds[order[core]] = kind
    return replace(placement, layers=layers, core_kinds=tuple(kinds))


def _floor(sent: Sequence[Sent], layout: NetworkLayout, cores: int) -> _Floor:
    import numpy as np

    count = len(layout.terminals)
    bits = np.zeros((count, count))
    for message in sent:
        for taker in message.takers:
            bits[message.source, taker] += message.bits
    np.fill_diagonal(bits, 0.0)
    where = np.array([layout.routers.positions[router] for router in layout.terminals])
    pitches = np.abs(where[:, None, :] - where[None, :, :]).sum(axis=2)
    # A bit costs the same in both directions.
    return _Floor(bits + bits.T, pitches, cores)


def _greedy(floor: _Floor) -> list[int]:
    """One core after the other to the free position where it costs least: next the one that has most
    to do with those that lie already, ports among them."""
    import numpy as np

    cores = floor.cores
    count = len(floor.bits)
    there = np.full(count, -1)
    there[cores:] = np.arange(cores, count)
    free = np.ones(cores, bool)
    waiting = np.ones(cores, bool)
    drawn = floor.bits[:cores, cores:].sum(axis=1)
    # Where sums are exact, what sends nothing need not be added.
    exact = _is_exact(floor)
    for _ in range(cores):
        # Ties go to the lower number, so that the order is one.
        core = int(np.flatnonzero(waiting)[np.argmax(drawn[waiting])])
        lying = np.flatnonzero((there >= 0) & (floor.bits[core] > 0) if exact else there >= 0)
        costs = floor.pitches[:cores][:, there[lying]] @ floor.bits[core, lying]
        position = int(np.flatnonzero(free)[np.argmin(costs[free])])
        there[core] = position
        free[position] = waiting[core] = False
        drawn = drawn + floor.bits[:cores, core]
    return [int(position) for position in there[:cores]]


def _is_exact(floor: _Floor) -> bool:
    """Whether no sum of bits times pitches is ever rounded: they are whole numbers, of bits and of
    2**-4 of a pitch, and all together small enough.
    """
    import numpy as np

    parts = floor.pitches * 2.0**4
    whole = (floor.bits == np.rint(floor.bits)).all() and (parts == np.rint(parts)).all()
    return bool(whole and floor.bits.sum() * parts.max() < 2.0**53)


def _improved(floor: _Floor, order: Sequence[int], swaps: int, seed: int) -> list[int]:
    """The order after so many swaps of two cores, each kept if it is cheaper."""
    import numpy as np

    cores = floor.cores
    count = len(floor.bits)
    there = np.concatenate([np.asarray(order), np.arange(cores, count)])
    drawn = np.random.default_rng(seed).integers(cores, size=(swaps, 2))
    next_one = 0
    at_once, most = SWAPS_AT_ONCE
    while next_one < swaps:
        pairs = drawn[next_one : next_one + at_once]
        at_once = min(2 * at_once, most)
        next_one += len(pairs)
        for number in _may_be_cheaper(floor, there, pairs):
            one, other = pairs[number]
            # strictly cheaper: equal swaps would only wander
            if _change(floor, there, one, other) < -1e-9:
                there[one], there[other] = there[other], there[one]
                # those behind it were looked at in an order that is no more
                next_one += int(number) + 1 - len(pairs)
                at_once = SWAPS_AT_ONCE[0]
                break
    return [int(position) for position in there[:cores]]


def _change(floor: _Floor, there: np.ndarray, one: int, other: int) -> float:
    """What a swap of two cores adds to the cost."""
    change = floor.bits[one] - floor.bits[other]
    # what both send each other goes as far as before
    change[[one, other]] = 0.0
    nearer = floor.pitches[there[other], there] - floor.pitches[there[one], there]
    return float(change @ nearer)


def _may_be_cheaper(floor: _Floor, there: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Which swaps are cheaper, each from the present order, and those of which rounding decides."""
    import numpy as np

    one, other = pairs[:, 0], pairs[:, 1]
    change = floor.bits[one] - floor.bits[other]
    which = np.arange(len(pairs))
    change[which, one] = change[which, other] = 0.0
    columns = there[None, :]
    nearer = floor.pitches[there[other][:, None], columns]
    nearer -= floor.pitches[there[one][:, None], columns]
    costs = np.einsum("ij,ij->i", change, nearer)
    doubt = 1e-12 * np.einsum("ij,ij->i", np.abs(change), np.abs(nearer))
    return np.flatnonzero(costs < doubt)
