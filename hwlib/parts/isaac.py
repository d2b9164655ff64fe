"""The components of ISAAC (ISCA 2016) as published: 32 nm, power and area of a stated number of
items.

Energy of an action is the published power of one item times the time of one action; published
powers are totals, so leakage is zero. At another node digital items scale from 32 nm by the logic
law (low-power rows), converters keep their value with a range, the crossbar scales as F^2: that is
our choice, the paper gives one node.
"""

from __future__ import annotations

from typing import ClassVar

from hwlib.figures import figure
from hwlib.part import Part, register
from hwlib.quantity import Quantity, derive, zero


class Isaac(Part):
    """An item of the published table."""

    group = "isaac"
    native_node_nm = 32.0
    # how many items the row's power and area stand for
    items: ClassVar[int] = 1
    # the part of one item that one action occupies
    share: ClassVar[float] = 1.0
    # the figure of the action's time
    time: ClassVar[str]

    @classmethod
    def peak_power(cls) -> Quantity:
        """Published power in W of one item."""
        return derive(
            f"published power / {cls.items} items",
            "W",
            lambda power: power / cls.items,
            figure(cls._row() + "_power"),
        )

    @classmethod
    def _row(cls) -> str:
        return "isaac." + cls.name.removeprefix("isaac_")

    def area(self) -> Quantity:
        return derive(
            f"published area / {self.items} items",
            "um2",
            lambda area: area / self.items,
            figure(self._row() + "_area"),
        )

    def leakage(self) -> Quantity:
        return zero("W", "published powers are totals: leakage is inside the energy of the actions")

    def energy(self, action: str) -> Quantity:
        return derive(
            f"power of one item x time x {self.share:g}",
            "J",
            lambda power, time: power * time * self.share,
            self.peak_power(),
            figure("isaac." + self.time),
        )

    def latency(self, action: str) -> Quantity:
        return derive("time of one action", "s", lambda time: time, figure("isaac." + self.time))


@register
class IsaacAdc(Isaac):
    name = "isaac_adc"
    title = "ISAAC converter, 8 bit, 1.28 GS/s"
    scaling = "analog"
    actions = {"convert": "one conversion"}
    items = 8
    time = "conversion_time"


@register
class IsaacDac(Isaac):
    name = "isaac_dac"
    title = "ISAAC row driver, 1 bit"
    scaling = "analog"
    actions = {"convert": "one bit on one row for one read cycle"}
    items = 8 * 128
    time = "cycle_time"


@register
class IsaacSampleHold(Isaac):
    name = "isaac_sample_hold"
    title = "ISAAC sample-and-hold"
    scaling = "analog"
    actions = {"sample": "one column over one read cycle"}
    items = 8 * 128
    time = "cycle_time"


@register
class IsaacCrossbar(Isaac):
    """Item: one 128 x 128 crossbar. Actions: one cell. The paper gives no write energy: a generic
    RRAM cell, assumed.
    """

    name = "isaac_crossbar"
    title = "ISAAC crossbar 128 x 128"
    scaling = "cell"
    actions = {
        "read": "one cell over one read cycle",
        "write": "one pulse on one cell",
        "update": "one pulse on one cell",
    }
    items = 8
    time = "cycle_time"
    share = 1 / 128**2

    def energy(self, action: str) -> Quantity:
        if action == "read":
            return super().energy(action)
        return derive(
            "write energy of a generic RRAM cell",
            "J",
            lambda energy: energy,
            figure("isaac.write_energy"),
        )


@register
class IsaacShiftAdd(Isaac):
    """One unit serves two converters, so it adds at twice their rate."""

    name = "isaac_shift_add"
    title = "ISAAC shift-and-add"
    scaling = "logic"
    actions = {"add": "shift and add one conversion"}
    items = 4
    time = "conversion_time"
    share = 0.5


@register
class IsaacInputRegister(Isaac):
    name = "isaac_input_register"
    title = "ISAAC input register, 2 KB for 8 crossbars"
    scaling = "logic"
    actions = {"write": "input of one crossbar loaded", "read": "one input slot of one crossbar"}
    time = "cycle_time"
    share = 1 / 8


@register
class IsaacOutputRegister(Isaac):
    name = "isaac_output_register"
    title = "ISAAC output register, 256 B for 8 crossbars"
    scaling = "logic"
    actions = {"write": "outputs of one crossbar stored", "read": "outputs of one crossbar read"}
    time = "cycle_time"
    share = 1 / 8


@register
class IsaacEdram(Isaac):
    name = "isaac_edram"
    title = "ISAAC eDRAM, 64 KB"
    scaling = "logic"
    actions = {"read": "one word of 256 bit", "write": "one word of 256 bit"}
    time = "edram_time"


@register
class IsaacBus(Isaac):
    name = "isaac_bus"
    title = "ISAAC tile bus, 384 wires"
    scaling = "wire"
    actions = {"transfer": "one bit"}
    time = "bus_time"


@register
class IsaacRouter(Isaac):
    name = "isaac_router"
    title = "ISAAC router, shared by 4 tiles"
    scaling = "logic"
    actions = {"transfer": "one bit"}
    time = "router_time"


@register
class IsaacSigmoid(Isaac):
    name = "isaac_sigmoid"
    title = "ISAAC sigmoid unit"
    scaling = "logic"
    actions = {"lookup": "one value"}
    items = 2
    time = "clock_time"


@register
class IsaacTileShiftAdd(Isaac):
    name = "isaac_tile_shift_add"
    title = "ISAAC shift-and-add of a tile"
    scaling = "logic"
    actions = {"add": "one addition"}
    time = "clock_time"


@register
class IsaacMaxPool(Isaac):
    name = "isaac_max_pool"
    title = "ISAAC max-pool unit"
    scaling = "logic"
    actions = {"compare": "one comparison"}
    time = "clock_time"


@register
class IsaacTileOutputRegister(Isaac):
    name = "isaac_tile_output_register"
    title = "ISAAC output register of a tile, 3 KB"
    scaling = "logic"
    actions = {"write": "one word of 16 bit", "read": "one word of 16 bit"}
    time = "clock_time"


@register
class IsaacHyperTransport(Isaac):
    name = "isaac_hyper_transport"
    title = "ISAAC HyperTransport links of the chip"
    scaling = "analog"
    actions = {"transfer": "one bit off the chip"}
    time = "link_time"
