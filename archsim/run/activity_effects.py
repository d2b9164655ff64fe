"""Measured against assumed activity: what a training step costs with both, by layer and phase, and
which quantity makes the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archsim.basics.files import csv_text, write_files
from archsim.chip import load_architecture
from archsim.run.activity_table import QUANTITIES, SMALLEST, EffectRow, markdown, single_changes
from archsim.run.result import Result
from archsim.run.simulation import simulate
from archsim.trace import Activity, Trace, with_activity

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme

_TOTAL = ("total", "")  # the key of the row for all
Key = tuple[str, str]
"""A layer and a phase."""


class Cost(NamedTuple):
    """What a row of a run took."""

    cycles: int
    energy_j: float


def compare_activity(
    trace: Trace,
    activities: Mapping[Key, Activity],
    chip: str | Path | Architecture,
    scheme: Scheme | None = None,
    images: int | None = None,
) -> list[EffectRow]:
    """Costs with assumed and with measured activity, and which quantity makes the difference.

    Args:
        trace: with the assumed activity.
        activities: what was measured, by (layer, phase).
        chip: a name, a path or an `Architecture`.
        scheme: the update rule of the trace.
        images: images that go through; None for one batch. Means below one an image, such as a few
            retries, show only where several go through.

    Returns:
        a row a layer and phase, and one for all ("total").

    Raises:
        InputError: as `with_activity` and `simulate`.
    """
    chip = load_architecture(chip)

    def run(step: Trace) -> Result:
        # Without the setup, which no activity of a training moves.
        return simulate(step, chip, scheme, images=images, setup=False)

    before = run(trace)
    after = run(with_activity(trace, activities))
    alone = {}
    for name in dict.fromkeys(name for names in QUANTITIES.values() for name in names):
        single = single_changes(trace, activities, name)
        # A quantity that no operation here depends on would repeat the assumed run.
        if single:
            alone[name] = run(with_activity(trace, single))
    operations = {
        (op.matrix_name, op.phase): op
        for op in trace.image_operations + trace.batch_operations
        if op.kind != "digital"
    }
    rows: list[EffectRow] = []
    # Rows of the assumed run: both runs have the same layers and phases, as activity changes no
    # operation.
    for key in (*_costs(before), _TOTAL):
        operation = operations.get(key)
        measured = activities.get(key)
        quantities = {}
        if operation and measured:
            quantities = {
                name: [_assumed(operation.activity, name, chip), getattr(measured, name)]
                for name in QUANTITIES[operation.kind]
            }
        was = _cost(before, key)
        now = _cost(after, key)
        rows.append(
            {
                "layer": key[0],
                "phase": key[1],
                "images": after.images,
                "assumed_cycles": was.cycles,
                "measured_cycles": now.cycles,
                "assumed_energy_j": was.energy_j,
                "measured_energy_j": now.energy_j,
                "quantities": quantities,
                "causes": _causes(alone, key, was),
            }
        )
    return rows


def write_comparison(rows: Sequence[EffectRow], folder: str | Path, title: str) -> Path:
    """Write activity.csv and activity.md into a folder. Raises InputError where that cannot be."""
    return write_files(
        folder, {"activity.csv": csv_text(rows), "activity.md": markdown(rows, title)}
    )


def _assumed(activity: Activity, name: str, chip: Architecture) -> float:
    """What a run uses where the activity leaves a zero for the architecture's own value."""
    value: float = getattr(activity, name)
    own = {"train_length": chip.update.train_length, "write_pulses": chip.write.pulses}
    # The table has to show what was in fact assumed and not a zero.
    return value or own.get(name, value)


def _costs(result: Result) -> dict[Key, Cost]:
    return {
        (row["layer"], row["phase"]): Cost(row["cycles"], row["energy_j"])
        for row in result.by_layer
    }


def _cost(result: Result, key: Key) -> Cost:
    if key == _TOTAL:
        return Cost(result.cycles or 0, result.energy_j)
    return _costs(result)[key]


def _causes(alone: Mapping[str, Result], key: Key, was: Cost) -> dict[str, list[float]]:
    """Relative changes that each quantity makes alone, the largest change of energy first."""
    changes = {}
    for name, result in alone.items():
        now = _cost(result, key)
        changes[name] = [
            now.cycles / was.cycles - 1 if was.cycles else 0.0,
            now.energy_j / was.energy_j - 1 if was.energy_j else 0.0,
        ]
    # By energy: cycles move with few of the quantities.
    largest_first = sorted(changes.items(), key=lambda item: -abs(item[1][1]))
    # The rest would bury the cause under a dozen of "0.0 %".
    return {name: both for name, both in largest_first if max(map(abs, both)) >= SMALLEST}
