"""What is known of the numbers that the simulator counts and the user gives: unit, how, what shapes them."""

from __future__ import annotations

from typing import NamedTuple

TIME_SETTINGS = (
    "clock_mhz",
    "execution.mode",
    "controller.prefetch",
    "controller.issue_cycles",
    "controller.in_flight",
)
# Settings whose fields enter the law of a read's cycles (`archsim/chip/blocks/`). A setting that is
# not there in this chip is left out where the trail is made.
_READ_SETTINGS = (
    "tile.rows",
    "tile.columns",
    "read.input",
    "read.input_bits",
    "read.bits_per_slot",
    "read.slot_cycles",
    "read.front_end",
    "read.columns_per_adc",
    "read.conversion_cycles",
    "read.overlap",
)
_TILE_SETTINGS = ("weights.mapping", "tile.rows", "tile.columns")
_MODE = ("execution.mode",)


class Fact(NamedTuple):
    """What is known of a counted number.

    Args:
        unit: its unit; empty where it has none.
        how: how it was counted, in words.
        settings: settings of the chip that shape it.
    """

    unit: str
    how: str
    settings: tuple[str, ...] = ()


# by the first key, and by the last where the first is a table
COUNTED: dict[tuple[str, str], Fact] = {
    ("tiles", ""): Fact(
        "",
        "crossbar tiles that hold weights, counted by the placement",
        _TILE_SETTINGS + ("tile.count", "placement.pack"),
    ),
    ("operations", ""): Fact(
        "", "vector operations of the trace: every vector of every layer in every phase"
    ),
    ("tile_operations", ""): Fact(
        "", "vectors applied to tiles, counted when the tile finished each one", _TILE_SETTINGS
    ),
    ("utilisation", ""): Fact(
        "", "busy cycles of all tiles over their total cycles", _MODE + ("placement.pack",)
    ),
    ("by_layer", "cycles"): Fact(
        "cycle",
        "cycles in which an operation of this layer and phase ran; layers may overlap",
        _READ_SETTINGS + _MODE,
    ),
    ("by_layer", "stall_cycles"): Fact(
        "cycle",
        "cycles in which tiles of this layer held work and waited",
        _MODE + ("buffer.ports", "interconnect.kind", "interconnect.width_bits"),
    ),
    ("by_layer", "tile_operations"): Fact(
        "", "vectors applied to tiles for this layer and phase", _TILE_SETTINGS
    ),
    ("by_phase", "cycles"): Fact(
        "cycle", "cycles in which an operation of this phase ran; phases may overlap", _MODE
    ),
    ("by_component", "busy_fraction"): Fact(
        "", "busy cycles of its resources over the cycles of the run", _MODE
    ),
    ("resources", "busy_cycles"): Fact(
        "cycle", "cycles in which the resource worked, counted by the event simulation"
    ),
    ("resources", "stalled_cycles"): Fact(
        "cycle", "cycles in which it held work and waited for another resource"
    ),
    ("resources", "idle_cycles"): Fact("cycle", "cycles without work: total - busy - stalled"),
    ("resources", "total_cycles"): Fact(
        "cycle", "cycles of the run times its instances (tiles, ports)"
    ),
    ("resources", "requests"): Fact("", "requests it served"),
    ("resources", "queue_mean"): Fact("", "mean length of its queue over the run"),
    ("resources", "queue_max"): Fact("", "greatest length of its queue"),
    ("setup", "cycles"): Fact(
        "cycle",
        "cycles of the operations before the first image, counted by the event simulation",
        _MODE,
    ),
    ("ledger", "count"): Fact("", "actions counted by the simulator"),
    ("inventory", "count"): Fact(
        "", "instances on the chip, from the architecture's components and the placement"
    ),
}
# What was neither counted nor priced: whoever asked for the run gave it, and the option is named
# here.
GIVEN = {
    "batch": "images of a training step, given with --batch",
    "images": "images that went through, given with --images",
    "node_nm": "technology node of the prices, given by the architecture or --node",
    "seed": "given with --seed",
    "clock_mhz": "clock, given by the architecture",
    "network": "given on the command line",
    "architecture": "given with --arch",
    "scheme": "given with --scheme",
    "phase": "given with --phase",
    "timing": "false with --no-timing",
    "activity": "measured where a training run gave it, else the stated defaults",
}
GIVEN_UNITS = {"node_nm": "nm", "clock_mhz": "MHz"}
