"""Attention on digital units against attention on arrays, and prefill against decoding: the table and
the plot of a study.

    python -m archsim.studies.transformers reports/transformers

ViT tiny and GPT-2 small on `cores40`. Nothing is fitted and nothing is trained: the accuracy of an
operand that is written to cells is not part of it.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import archsim
from archsim.basics.files import write_files
from archsim.run.result import Result

CHIP = "cores40"
# Products of activations: how they are done, and the settings of the chip.
WAYS: Mapping[str, Mapping[str, Any]] = {
    "matrix units, fused": {"execution.attention": "fused"},
    "arrays": {"execution.attention": "arrays"},
    "matrix units": {"execution.attention": "digital"},
    "vector lanes": {"execution.attention": "digital", "matrix_unit.rows": 0},
}
# Of an attention the layers of the built-in networks between the projections.
PRODUCTS = ("_scores", "_mix", "_mask", "_softmax")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "arrays and converters": (
        "array",
        "dac",
        "front_end",
        "column_mux",
        "adc",
        "shift_add",
        "word_line_driver",
        "bit_line_driver",
        "input_register",
        "output_register",
        "tile_control",
    ),
    "writes": ("write_driver", "level_shifter"),
    "matrix units": ("matrix_unit", "matrix_operand", "matrix_sum"),
    "vector lanes": ("vector_unit",),
    "buffers": ("buffer", "input_buffer", "output_buffer"),
    "network and wires": ("network_router", "network_link", "interconnect", "accumulator"),
}
REST = "clock, control and the rest"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")


class TransformerTask(NamedTuple):
    """What is done: a network, its phase, how many tokens (or images) come out, and in which ways."""

    title: str
    network: str
    phase: str
    tokens: int
    ways: tuple[str, ...] = ("matrix units, fused", "arrays")


WORKS = (
    TransformerTask("ViT tiny, an image", "vit_tiny", "inference", 1, tuple(WAYS)),
    TransformerTask("GPT-2 small, prefill of 1,024 tokens", "gpt2_small", "prefill", 1024),
    TransformerTask("GPT-2 small, a token behind 1,023", "gpt2_small", "decode", 1),
)


class DoneWork(NamedTuple):
    """A work done in a way. Times in ms, energies in mJ; `shares` of the energy by group of parts."""

    work: TransformerTask
    way: str
    cycles: int
    milliseconds: float
    millijoules: float
    off_chip_mj: float
    area_mm2: float
    attention_share: float
    limited_by: str
    shares: Mapping[str, float]


def row_of(work: TransformerTask, way: str) -> DoneWork:
    """Simulate a work in a way, layer by layer, and sort its energy."""
    chip = archsim.load_architecture(CHIP, WAYS[way])
    result = archsim.simulate(work.network, chip, phase=work.phase, engine="compiled")
    if result.latency_s is None or result.cycles is None:
        raise RuntimeError("this run has no time")
    return DoneWork(
        work,
        way,
        result.cycles,
        1e3 * result.latency_s,
        1e3 * result.energy_j,
        1e3 * (result.boundaries["system"]["energy_j"] - result.energy_j),
        result.area_mm2,
        _of_attention(result),
        str((result.document["limited_by"] or {}).get("resource", "")),
        _shares(result),
    )


def _of_attention(result: Result) -> float:
    """The share of the cycles in which products of activations and what is between them are done."""
    rows = result.rows("layer")
    whole = sum(row["cycles"] or 0 for row in rows)
    # Layer by layer the cycles of layers add up, so that shares of the sum are shares of the time.
    own = sum(row["cycles"] or 0 for row in rows if row["layer"].endswith(PRODUCTS))
    return own / whole if whole else 0.0


def _shares(result: Result) -> dict[str, float]:
    group_of = {role: group for group, roles in GROUPS.items() for role in roles}
    shares = dict.fromkeys((*GROUPS, REST), 0.0)
    for role, entry in result.by_component.items():
        if entry["boundary"] != "system":
            # Of the chip: what lies off it stands in a column of its own.
            shares[group_of.get(role, REST)] += entry["energy_j"] / result.energy_j
    return shares


def table_of(rows: Sequence[DoneWork]) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("network", "phase", "products", "cycles", "ms", "mj", "off_chip_mj", "area_mm2")
        + ("attention_share_of_time", "limited_by", *(f"share {name}" for name in (*GROUPS, REST)))
    )
    for row in rows:
        writer.writerow(
            (row.work.network, row.work.phase, row.way, row.cycles)
            + tuple(
                f"{value:.6g}"
                for value in (
                    row.milliseconds,
                    row.millijoules,
                    row.off_chip_mj,
                    row.area_mm2,
                    row.attention_share,
                )
            )
            + (row.limited_by, *(f"{share:.4f}" for share in row.shares.values()))
        )
    return text.getvalue()


def draw(rows: Sequence[DoneWork], folder: Path) -> None:
    """Energy and time of each work by way, as transformers.svg and transformers.png."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    works = list(dict.fromkeys(row.work for row in rows))
    plot, panels = pyplot.subplots(
        2, len(works), figsize=(4.0 * len(works), 6.2), squeeze=False, layout="constrained"
    )
    for column, work in enumerate(works):
        own = [row for row in rows if row.work == work]
        names = [row.way.replace(", ", ",\n") for row in own]
        energy, time = panels[0][column], panels[1][column]
        below = [0.0] * len(own)
        for colour, group in zip(COLOURS, own[0].shares):
            parts = [row.shares[group] * row.millijoules for row in own]
            energy.bar(names, parts, bottom=below, color=colour, label=group, width=0.7)
            below = [low + part for low, part in zip(below, parts)]
        energy.set_title(work.title, fontsize=10)
        attention = [row.attention_share * row.milliseconds for row in own]
        rest = [row.milliseconds - part for row, part in zip(own, attention)]
        time.bar(names, rest, color="#bbbbbb", label="other layers", width=0.7)
        time.bar(names, attention, bottom=rest, color="#d55e00", label="attention", width=0.7)
        for panel in (energy, time):
            panel.tick_params(labelsize=8)
            panel.grid(True, axis="y", color="#dddddd", linewidth=0.6)
            panel.set_axisbelow(True)
    panels[0][0].set_ylabel("energy (mJ)")
    panels[1][0].set_ylabel("time (ms)")
    panels[1][0].legend(fontsize=8, frameon=False)
    handles, labels = panels[0][0].get_legend_handles_labels()
    plot.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    with matplotlib.rc_context({"svg.hashsalt": "archsim"}):  # the same file for the same numbers
        plot.savefig(folder / "transformers.svg", metadata={"Date": None})
        plot.savefig(folder / "transformers.png", dpi=110)


def main(arguments: Sequence[str]) -> None:
    """Simulate all works in all ways that the chip does, and write table and plot."""
    folder = Path(arguments[0]) if arguments else Path("reports/transformers")
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[DoneWork] = []
    for way in WAYS:
        for work in WORKS:
            if way not in work.ways:
                continue
            rows.append(row_of(work, way))
            last = rows[-1]
            words = f"{last.milliseconds:.4g} ms, {last.millijoules:.4g} mJ"
            print(f"{work.title}, {way}: {words}", flush=True)
            # After each: GPT-2's prefill takes minutes, and what was simulated before it is kept.
            write_files(folder, {"transformers.csv": table_of(rows)})
            draw(rows, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
