"""Which setting cannot act on which quantity: such a pair is no driver, whatever a sweep's promoted points
make it look like (designs that were promoted for their area differ in accuracy too).

One table, with the reason that the documents give; of a block of the chip, the block's file says it.
"""

from __future__ import annotations

from typing import NamedTuple

from archsim.chip.blocks import blocks

ACCURACY = ("accuracy_percent",)
BUILT = ("area_mm2", "static_power_uw", "tiles")
TIME = ("latency_per_image_s", "latency_s", "interval_per_image_s", "cycles")


class CannotAct(NamedTuple):
    """Settings (a name, or a section with a dot behind it) that cannot act on quantities.

    Args:
        settings: paths of axes, or beginnings of paths that end in a dot.
        quantities: numbers of a result.
        reason: why, in words.
        unless_drifting: it can after all where a device drifts on the time of the chip.
    """

    settings: tuple[str, ...]
    quantities: tuple[str, ...]
    reason: str
    unless_drifting: bool = False


TABLE = (
    CannotAct(
        ("node_nm", "tile_cluster", "tile.clock_gating", "controller.always_on"),
        ACCURACY,
        "it sets prices; no number that is computed passes it",
    ),
    CannotAct(
        ("placement.copies.", "placement.copies"),
        ACCURACY,
        "copies of a layer hold the same weights: they share its vectors, and compute the same",
        unless_drifting=True,
    ),
    CannotAct(
        (
            *(f"{block.name}." for block in blocks() if block.only_times),
            "execution.",
            "vector_unit.lanes",
            "vector_unit.divide_cycles",
            "read.slot_cycles",
            "read.conversion_cycles",
            "read.overlap",
            "read.columns_per_adc",
            "write.parallel",
            "write.verify_cycles",
        ),
        ACCURACY,
        "it moves when data come, not what they are",
        unless_drifting=True,
    ),
    CannotAct(
        ("node_nm", "tile_cluster", "tile.clock_gating", "controller.always_on"),
        TIME,
        "cycles and clock are settings of the chip: prices do not change them",
    ),
    CannotAct(
        ("training.learning_rate", "training.momentum", "training.weight_decay"),
        BUILT,
        "it sets what is computed, not what is built",
    ),
)


def why_not(setting: str, quantity: str, drifting: bool) -> str:
    """Why a setting cannot act on a quantity; empty where it can.

    Args:
        setting: path of an axis.
        quantity: path of a number of a result.
        drifting: a device of the sweep drifts on the time of the chip.
    """
    setting = _of_all_cores(setting)
    for entry in TABLE:
        # Devices that drift change with the time of the run, so there what only moves time moves
        # values as well.
        if quantity not in entry.quantities or (drifting and entry.unless_drifting):
            continue
        # A dot at the end stands for every field of a section.
        for name in entry.settings:
            if setting == name or (name.endswith(".") and setting.startswith(name)):
                return entry.reason
    return ""


def _of_all_cores(setting: str) -> str:
    """The field of a chip that a field of a kind of cores (core.kinds.NAME.FIELD) stands for."""
    keys = setting.split(".")
    if keys[:2] != ["core", "kinds"] or len(keys) < 4:
        return setting
    # A kind has settings of a core by their bare name and those of its tiles below their sections.
    return ".".join(keys[3:]) if len(keys) > 4 else f"core.{keys[3]}"
