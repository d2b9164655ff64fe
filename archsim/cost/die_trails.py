"""The trails of the die: its shares with the figures behind them, above those of the chip."""

from __future__ import annotations

from archsim.cost.die import REFERENCE_POWER, DieShare, die_of
from archsim.cost.total_trails import TotalTrails
from archsim.cost.trail import Node, quantity_node, spread_node
from hwlib.figures import figure


def die_node(trails: TotalTrails, keys: list[str]) -> Node:
    """The trail of a number of the boundary `die`.

    Args:
        trails: of the chip that lies on it.
        keys: path of the number in a result: `boundaries.die.METRIC` or one of its shares.
    """
    name = ".".join(keys)
    metric = keys[-1].removesuffix("_range")
    die = die_of(trails.estimate)
    if keys[2] == "shares":
        share = next(share for share in die.shares if share.name == keys[3])
        return _share(name, share, trails)
    if metric == "area_mm2":
        children = [_share(share.name, share, trails) for share in die.shares]
        return spread_node(name, die.area_mm2, "mm2", "sum of the shares of the die", children)
    # Energy and power of a die are the chip's and what its references draw; the ring and the space
    # between blocks switch nothing.
    chip = trails.total(metric, metric, "chip")
    children = [chip, *(quantity_node(figure(each)) for each in REFERENCE_POWER)]
    spread, unit = (die.energy_j, "J") if metric == "energy_j" else (die.power_uw, "uW")
    if spread is None:
        raise RuntimeError("a run without time has no power")
    return spread_node(name, spread, unit, "the chip and what its references draw", children)


def _share(name: str, share: DieShare, trails: TotalTrails) -> Node:
    if not share.figures:
        # The one share without figures of its own: the parts, which have a trail each.
        return trails.total_area(name, "chip")
    children = [quantity_node(figure(each)) for each in share.figures]
    return spread_node(name, share.area_mm2, "mm2", "beside the parts of the chip", children)
