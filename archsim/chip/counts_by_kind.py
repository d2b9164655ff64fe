"""Counts of parts that cores of each kind have in their own way, told apart by the layer that made
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from archsim.chip.kind_chips import AT, kind_of_part
from archsim.chip.placement import TilesOfKind
from archsim.ledger.component import Component
from archsim.ledger.ledger import Ledger


def by_kind(
    ledger: Ledger,
    parts: Iterable[Component],
    layers: Mapping[str, str],
    kinds: Sequence[TilesOfKind],
) -> Ledger:
    """The ledger with the counts of a role under the names of its parts, `role@kind`.

    Args:
        ledger: counts by role.
        parts: of the chip.
        layers: kind of the cores that do the work of each layer.
        kinds: tiles of each, in whose ratio is shared what belongs to no layer.

    Returns:
        the same ledger where no part is of a kind.
    """
    names = {part.name for part in parts}
    apart = {name.partition(AT)[0] for name in names if kind_of_part(name)}
    if not apart:
        return ledger
    tiles = sum(kind.tiles for kind in kinds)
    told = Ledger()
    for (role, action, layer, phase), count in ledger.counts.items():
        if role not in apart:
            told.add(role, action, layer, phase, count)
        elif layer in layers:
            told.add(f"{role}{AT}{layers[layer]}", action, layer, phase, count)
        else:
            for kind in kinds:
                share = count * kind.tiles / tiles if tiles else count / len(kinds)
                told.add(f"{role}{AT}{kind.kind}", action, layer, phase, share)
    return told
