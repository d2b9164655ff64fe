"""Measured against assumed activity: what a training step costs with both, by layer and phase, and
which quantity makes the difference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from archsim.basics.files import csv_text, write_files
from archsim.chip import load_architecture
from archsim.run.result import Result
from archsim.run.simulation import simulate
from archsim.trace import Activity, Trace, with_activity

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme

# What the cost of an operation on the arrays depends on, by the kind of operation.
QUANTITIES = {
    "read": ("input_density", "bit_density", "magnitude", "retries", "retried_tiles"),
    "read_transposed": ("input_density", "bit_density", "magnitude", "retries", "retried_tiles"),
    "pulse_update": ("train_length", "row_pulses", "column_pulses", "coincidences"),
    "write": ("devices_written", "write_pulses"),
    "stream": ("row_pulses", "column_pulses", "coincidences"),
}
# Why a quantity differs from its assumption, and what it moves; told for those that a table names.
REASONS = {
    "input_density": "lines that switch and cells that conduct; one half is assumed, as behind a "
    "ReLU, while values behind tanh or sigmoid and whole images with grey levels are hardly ever "
    "zero",
    "bit_density": "ones among the bits of a value, which bit-serial inputs drive one by one",
    "magnitude": "mean input over full scale: how long pulse-width inputs let the cells conduct",
    "retries": "reads that bound management repeats with half the input, because an output reached "
    "the converter's bound; none are assumed. A repeated read takes the tile again, with all its "
    "conversions",
    "retried_tiles": "share of a layer's tiles that a repeated read drives again; all are assumed, "
    "while each tile repeats only what saturates in it",
    "train_length": "slots of a pulse train; the chip's fixed length is assumed, while a training "
    "may set another, length management shortens trains with the error, and a vector without error "
    "needs none. The time of an update is proportional to it",
    "row_pulses": "pulses a slot on the input lines, which charge those lines",
    "column_pulses": "pulses a slot on the error lines, which charge those lines",
    "coincidences": "pulses that meet in a cell; only these reach a device",
    "devices_written": "share of the devices that a batch programs",
    "write_pulses": "pulses a programmed device, with its verification",
}
# a quantity that moves energy and cycles of a row by less is not named as a cause
_SMALLEST = 0.005
_TOTAL = ("total", "")  # the key of the row for all
Key = tuple[str, str]
"""A layer and a phase."""


class Cost(NamedTuple):
    """What a row of a run took."""

    cycles: int
    energy_j: float


class EffectRow(TypedDict):
    """A layer and phase with assumed and with measured activity.

    `quantities`: name -> [assumed, measured]; `causes`: name -> [relative change of cycles, of
    energy] where that quantity alone is the measured one; they interact, so they need not add up to
    the whole.
    """

    layer: str
    phase: str
    images: int
    assumed_cycles: int
    measured_cycles: int
    assumed_energy_j: float
    measured_energy_j: float
    quantities: dict[str, list[float]]
    causes: dict[str, list[float]]


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
        return simulate(step, chip, scheme, images=images, setup=False)

    before = run(trace)
    after = run(with_activity(trace, activities))
    alone = {}
    for name in dict.fromkeys(name for names in QUANTITIES.values() for name in names):
        single = _single(trace, activities, name)
        if single:
            alone[name] = run(with_activity(trace, single))
    operations = {
        (op.matrix_name, op.phase): op
        for op in trace.image_operations + trace.batch_operations
        if op.kind != "digital"
    }
    rows: list[EffectRow] = []
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


def markdown(rows: Sequence[EffectRow], title: str) -> str:
    """The comparison as text: the table, and for every row what made the difference."""
    lines = [
        f"# {title}",
        "",
        f"Cycles and energy of the chip for {rows[0]['images']} images, with the assumed means and "
        "with what training measured.",
        "",
        "| layer | phase | cycles, assumed | measured | change | energy, assumed (nJ) | measured "
        "(nJ) | change | why |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        cycles = (row["assumed_cycles"], row["measured_cycles"])
        energy = (row["assumed_energy_j"], row["measured_energy_j"])
        lines.append(
            f"| {row['layer']} | {row['phase']} | {cycles[0]:,} | {cycles[1]:,} | "
            f"{_change(*cycles)} | {1e9 * energy[0]:.4g} | "
            f"{1e9 * energy[1]:.4g} | {_change(*energy)} | {_why(row)} |"
        )
    lines += [
        "",
        "*why*: quantities in the order of their effect, assumed → measured, with the change of "
        "energy (and of cycles) that "
        "this quantity makes alone. They interact, so the changes need not add up. Cycles of "
        "layers overlap where the chip runs "
        "several at a time. `shared` is leakage, clock and controller, which follow the total time.",
        "",
    ]
    named = [name for name in REASONS if any(name in row["causes"] for row in rows)]
    return "\n".join(
        lines
        + [f"- *{name.replace('_', ' ')}*: {REASONS[name]}." for name in named]
        + [""] * bool(named)
    )


def _single(
    trace: Trace, activities: Mapping[tuple[str, str], Activity], name: str
) -> dict[tuple[str, str], Activity]:
    """The assumed activities with one quantity measured, where that quantity matters."""
    single = {}
    for op in trace.image_operations + trace.batch_operations:
        measured = activities.get((op.matrix_name, op.phase))
        if measured is not None and name in QUANTITIES.get(op.kind, ()):
            single[op.matrix_name, op.phase] = dataclasses.replace(
                op.activity, **{name: getattr(measured, name)}
            )
    return single


def _assumed(activity: Activity, name: str, chip: Architecture) -> float:
    """What a run uses where the activity leaves a zero for the architecture's own value."""
    value: float = getattr(activity, name)
    own = {"train_length": chip.update.train_length, "write_pulses": chip.write.pulses}
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
    largest_first = sorted(changes.items(), key=lambda item: -abs(item[1][1]))
    return {name: both for name, both in largest_first if max(map(abs, both)) >= _SMALLEST}


def _change(before: float, after: float) -> str:
    return f"{100 * (after / before - 1):+.1f} %" if before else "–"


def _why(row: EffectRow) -> str:
    texts = []
    for name, (cycles, energy) in row["causes"].items():
        values = row["quantities"].get(name)
        told = f" {values[0]:.3g} → {values[1]:.3g}" if values else ""
        time = f", cycles {100 * cycles:+.1f} %" if abs(cycles) >= _SMALLEST else ""
        texts.append(f"{name.replace('_', ' ')}{told} ({100 * energy:+.1f} %{time})")
    return "; ".join(texts)
