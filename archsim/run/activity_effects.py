"""Measured against assumed activity: what a training step costs with both, by layer and phase, and
which quantity makes the difference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

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
    "read": ("input_density", "bit_density", "magnitude", "retries"),
    "read_transposed": ("input_density", "bit_density", "magnitude", "retries"),
    "pulse_update": ("train_length", "row_pulses", "column_pulses", "coincidences"),
    "write": ("devices_written", "write_pulses"),
    "stream": ("row_pulses", "column_pulses", "coincidences"),
}
# Why a quantity differs from its assumption, and what it moves; told for those that a table names.
REASONS = {
    "input_density": "lines that switch and cells that conduct; one half is assumed, as behind a ReLU, while values behind tanh or sigmoid "
    "and whole images with grey levels are hardly ever zero",
    "bit_density": "ones among the bits of a value, which bit-serial inputs drive one by one",
    "magnitude": "mean input over full scale: how long pulse-width inputs let the cells conduct",
    "retries": "reads that bound management repeats with half the input, because an output reached the converter's bound; none are "
    "assumed. A repeated read takes the tile again, with all its conversions",
    "train_length": "slots of a pulse train; the chip's fixed length is assumed, while a training may set another, length management "
    "shortens trains with the error, and a vector without error needs none. The time of an update is proportional to it",
    "row_pulses": "pulses a slot on the input lines, which charge those lines",
    "column_pulses": "pulses a slot on the error lines, which charge those lines",
    "coincidences": "pulses that meet in a cell; only these reach a device",
    "devices_written": "share of the devices that a batch programs",
    "write_pulses": "pulses a programmed device, with its verification",
}
_SMALLEST = (
    0.005  # a quantity that moves energy and cycles of a row by less is not named as a cause
)


def compare_activity(
    trace: Trace,
    activities: Mapping[tuple[str, str], Activity],
    chip: str | Path | Architecture,
    scheme: Scheme | None = None,
    images: int | None = None,
) -> list[dict]:
    """`images` images (default: one batch) with assumed and with measured activity: a row a layer
    and phase, and one for all ("total").

    Means below one an image, such as a few retries, show only where several images go through.
    Row: layer, phase, assumed_cycles, measured_cycles, assumed_energy_j, measured_energy_j,
    quantities (name -> [assumed, measured]) and causes (name -> [relative change of cycles, of
    energy] where that quantity alone is the measured one; they interact, so they need not add up to
    the whole). Raises InputError as `with_activity` and `simulate`.
    """
    chip = load_architecture(chip)
    before = simulate(trace, chip, scheme, images=images, setup=False)
    after = simulate(with_activity(trace, activities), chip, scheme, images=images, setup=False)
    alone = {}
    for name in dict.fromkeys(name for names in QUANTITIES.values() for name in names):
        single = _single(trace, activities, name)
        if single:
            alone[name] = simulate(
                with_activity(trace, single), chip, scheme, images=images, setup=False
            )
    operations = {
        (op.place, op.phase): op
        for op in trace.image_operations + trace.batch_operations
        if op.kind != "digital"
    }
    rows = []
    for key in (*_costs(before), ("total", "")):
        operation = operations.get(key)
        measured = activities.get(key)
        quantities = {}
        if operation and measured:
            names = QUANTITIES[operation.kind]
            quantities = {
                name: [_assumed(operation.activity, name, chip), getattr(measured, name)]
                for name in names
            }
        (cycles, energy), (now_cycles, now_energy) = _cost(before, key), _cost(after, key)
        rows.append(
            {
                "layer": key[0],
                "phase": key[1],
                "images": after.images,
                "assumed_cycles": cycles,
                "measured_cycles": now_cycles,
                "assumed_energy_j": energy,
                "measured_energy_j": now_energy,
                "quantities": quantities,
                "causes": _causes(alone, key, cycles, energy),
            }
        )
    return rows


def write_comparison(rows: list[dict], folder: str | Path, title: str) -> Path:
    """Write activity.csv and activity.md into a folder. Raises InputError where that cannot be."""
    return write_files(
        folder, {"activity.csv": csv_text(rows), "activity.md": markdown(rows, title)}
    )


def markdown(rows: list[dict], title: str) -> str:
    """The comparison as text: the table, and for every row what made the difference."""
    lines = [
        f"# {title}",
        "",
        f"Cycles and energy of the chip for {rows[0]['images']} images, with the assumed means and with what training measured.",
        "",
        "| layer | phase | cycles, assumed | measured | change | energy, assumed (nJ) | measured (nJ) | change | why |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        cycles = (row["assumed_cycles"], row["measured_cycles"])
        energy = (row["assumed_energy_j"], row["measured_energy_j"])
        lines.append(
            f"| {row['layer']} | {row['phase']} | {cycles[0]:,} | {cycles[1]:,} | {_change(*cycles)} | {1e9 * energy[0]:.4g} | "
            f"{1e9 * energy[1]:.4g} | {_change(*energy)} | {_why(row)} |"
        )
    lines += [
        "",
        "*why*: quantities in the order of their effect, assumed → measured, with the change of energy (and of cycles) that "
        "this quantity makes alone. They interact, so the changes need not add up. Cycles of layers overlap where the chip runs "
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
    found = {}
    for op in trace.image_operations + trace.batch_operations:
        measured = activities.get((op.place, op.phase))
        if measured is not None and name in QUANTITIES.get(op.kind, ()):
            found[op.place, op.phase] = dataclasses.replace(
                op.activity, **{name: getattr(measured, name)}
            )
    return found


def _assumed(activity: Activity, name: str, chip: Architecture) -> float:
    """What a run uses where the activity leaves a zero for the architecture's own value."""
    value = getattr(activity, name)
    return value or {
        "train_length": chip.update.train_length,
        "write_pulses": chip.write.pulses,
    }.get(name, value)


def _costs(result: Result) -> dict[tuple[str, str], tuple[int, float]]:
    return {
        (row["layer"], row["phase"]): (row["cycles"], row["energy_j"]) for row in result.by_layer
    }


def _cost(result: Result, key: tuple[str, str]) -> tuple[int, float]:
    return (result.cycles, result.energy_j) if key == ("total", "") else _costs(result)[key]


def _causes(
    alone: Mapping[str, Result], key: tuple[str, str], cycles: int, energy: float
) -> dict[str, list[float]]:
    """Relative changes that each quantity makes alone, the largest change of energy first."""
    found = {}
    for name, result in alone.items():
        now = _cost(result, key)
        found[name] = [
            now[0] / cycles - 1 if cycles else 0.0,
            now[1] / energy - 1 if energy else 0.0,
        ]
    return {
        name: both
        for name, both in sorted(found.items(), key=lambda item: -abs(item[1][1]))
        if max(map(abs, both)) >= _SMALLEST
    }


def _change(before: float, after: float) -> str:
    return f"{100 * (after / before - 1):+.1f} %" if before else "–"


def _why(row: dict) -> str:
    texts = []
    for name, (cycles, energy) in row["causes"].items():
        values = row["quantities"].get(name)
        told = f" {values[0]:.3g} → {values[1]:.3g}" if values else ""
        time = f", cycles {100 * cycles:+.1f} %" if abs(cycles) >= _SMALLEST else ""
        texts.append(f"{name.replace('_', ' ')}{told} ({100 * energy:+.1f} %{time})")
    return "; ".join(texts)
