"""The effects of measured activity as a table in Markdown, with the reason of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypedDict

from archsim.trace import Activity, Trace

# What the cost of an operation on the arrays depends on, by the kind of operation.
QUANTITIES = {
    "read": ("input_density", "bit_density", "magnitude", "retries", "retried_tiles"),
    "read_transposed": ("input_density", "bit_density", "magnitude", "retries", "retried_tiles"),
    "pulse_update": ("train_length", "row_pulses", "column_pulses", "coincidences"),
    "write": ("devices_written", "write_pulses"),
    "stream": ("row_pulses", "column_pulses", "coincidences"),
}
# a quantity that moves energy and cycles of a row by less is not named as a cause
SMALLEST = 0.005


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
    # A reason is told once below the table, as most rows share it.
    named = [name for name in REASONS if any(name in row["causes"] for row in rows)]
    return "\n".join(
        lines
        + [f"- *{name.replace('_', ' ')}*: {REASONS[name]}." for name in named]
        + [""] * bool(named)
    )


def single_changes(
    trace: Trace, activities: Mapping[tuple[str, str], Activity], name: str
) -> dict[tuple[str, str], Activity]:
    """The assumed activities with one quantity measured, where that quantity matters."""
    single = {}
    for op in trace.image_operations + trace.batch_operations:
        measured = activities.get((op.matrix_name, op.phase))
        if measured is not None and name in QUANTITIES.get(op.kind, ()):
            # All else stays assumed, so that the change is this quantity's alone.
            single[op.matrix_name, op.phase] = dataclasses.replace(
                op.activity, **{name: getattr(measured, name)}
            )
    return single


def _change(before: float, after: float) -> str:
    return f"{100 * (after / before - 1):+.1f} %" if before else "–"


def _why(row: EffectRow) -> str:
    texts = []
    for name, (cycles, energy) in row["causes"].items():
        # The row for all has no quantities of its own: what moved it moved its layers.
        values = row["quantities"].get(name)
        told = f" {values[0]:.3g} → {values[1]:.3g}" if values else ""
        time = f", cycles {100 * cycles:+.1f} %" if abs(cycles) >= SMALLEST else ""
        texts.append(f"{name.replace('_', ' ')}{told} ({100 * energy:+.1f} %{time})")
    return "; ".join(texts)
