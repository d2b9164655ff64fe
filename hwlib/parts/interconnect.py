"""Wires on the chip by length: a repeated bus and an H-tree."""

from __future__ import annotations

import math

from hwlib.effects import DEARER
from hwlib.figures import figure
from hwlib.logic import leakage_of
from hwlib.part import Parameter, Part, register
from hwlib.quantity import Quantity, derive

_WIDTH = Parameter("width_bits", 64, 1, 4096, "bit", integer=True, monotone=True, effects=DEARER)


class Wires(Part):
    """Repeated wires: energy a bit and mm moved (Keckler 2011); silicon area is that of the
    repeaters.
    """

    group = "interconnect"
    scaling = "wire"
    length_mm: float
    width_bits: int

    def wire_mm(self) -> float:
        """Length in mm of all wires of one bit."""
        raise NotImplementedError

    def area(self) -> Quantity:
        # All wires of all bits have repeaters, also those that a transfer does not switch.
        metres = self.width_bits * self.wire_mm() * 1e-3
        return derive(
            "width x wire length x repeater area",
            "um2",
            lambda area: metres * area,
            figure("wire.repeater_area"),
        )

    def leakage(self) -> Quantity:
        return leakage_of(self.area())

    def energy(self, action: str) -> Quantity:
        # The way of one bit alone: arms that lie beside the path of an H-tree are gated.
        metres = self.length_mm * 1e-3
        return derive(
            f"energy a bit and mm x {self.length_mm:g} mm",
            "J",
            lambda energy: energy * metres,
            figure("wire.energy"),
        )

    def latency(self, action: str) -> Quantity:
        return derive(
            f"delay a mm x {self.length_mm:g} mm",
            "s",
            lambda delay: delay * self.length_mm * 1e-3,
            figure("wire.delay"),
        )


@register
class WireBus(Wires):
    name = "wire_bus"
    title = "On-chip bus"
    parameters = (
        Parameter("length_mm", 1.0, 0.01, 100, "mm", monotone=True, effects=DEARER),
        _WIDTH,
    )
    actions = {"transfer": "one bit end to end"}

    def wire_mm(self) -> float:
        return self.length_mm


@register
class HTree(Wires):
    """Binary tree whose arms shorten by sqrt(2) a level; a transfer switches only the arms on its
    path.
    """

    name = "h_tree"
    title = "H-tree"
    parameters = (
        Parameter(
            "length_mm", 2.0, 0.01, 100, "mm", monotone=True, note="root to leaf", effects=DEARER
        ),
        _WIDTH,
        Parameter("leaves", 16, 1, 65536, "leaves", integer=True, monotone=True, effects=DEARER),
    )
    actions = {"transfer": "one bit root to leaf or back"}
    leaves: int

    def wire_mm(self) -> float:
        levels = math.ceil(math.log2(self.leaves))
        if levels == 0:
            return self.length_mm
        # Each level halves the area that it spans, so its arms are a root of two shorter.
        arms = [2 ** (-level / 2) for level in range(levels)]
        # The way from root to leaf is given; one arm of each level lies on it.
        first = self.length_mm / sum(arms)
        # Two arms at the root, twice as many a level further down.
        return sum(2.0 ** (level + 1) * first * arm for level, arm in enumerate(arms))


@register
class NetworkWires(Wires):
    """The links of a network on chip, by the pitch of its cores: the way from a core to the next."""

    name = "network_wires"
    title = "Links of a network on chip"
    parameters = (
        Parameter(
            "length_mm",
            1.0,
            0.01,
            100,
            "mm",
            monotone=True,
            note="pitch of the cores",
            effects=DEARER,
        ),
        _WIDTH,
        Parameter(
            "pitches",
            1.0,
            0.0,
            10_000_000,
            "pitches",
            monotone=True,
            note="length of all links in one direction each",
            effects=DEARER,
        ),
    )
    actions = {"transfer": "one bit over one pitch"}
    pitches: float

    def wire_mm(self) -> float:
        return self.length_mm * self.pitches
