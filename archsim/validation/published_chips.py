"""Fabricated chips beside the model, each priced without the published rows that it gave.

    python -m archsim.validation.published_chips reports/validation

Writes `table.md` (scores, every figure, what is left out), `chips.csv` and the plot
`predicted.png`, `predicted.svg`. All chips are described by the rule of `archsim.validation.chips`;
a chip leaves the fits of hwlib with the others of its group. Nothing is tuned to the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archsim.basics.files import csv_text, write_files
from archsim.validation.chips.facts import read_facts, read_left_out
from archsim.validation.chips.figures import chip_rows, left_out
from archsim.validation.published_chips_plot import draw
from archsim.validation.scores import Score, interval_score, score, worst
from hwlib.errors import InputError

Row = dict[str, Any]
_TERMS = """Each figure is the energy of one invocation of a core, or the area of a core, of a chip that \
is described by one rule for all \
(`archsim/validation/chips/rule.py`). A chip is priced without its own rows and those of its group in \
`hwlib/fits`; its core has the white space of the other cores, which is a middle and no fit of each. An area is compared \
as that of a core; where its paper does not say so, the boundary is marked. Bands \
are where 5 to 95 % of the other cores lie about the sum of their parts (`archsim/validation/chips/census.py`), \
energies by how their cells compute (`scatter.py`): ranges of figures do not hold what papers leave unsaid. \
The line "ranges of figures alone" has the draws of prices instead. \
The interval score is in decades: the width of the band, and twenty times what the published figure \
lies outside of it; smaller is better.
"""
DRAWS = 60
"""Draws of prices for the bands of blocks, and for the line of ranges alone."""
_COLUMNS = (
    "name",
    "memory",
    "kind",
    "published",
    "model",
    "low",
    "high",
    "unit",
    "boundary",
    "factor",
    "score",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    try:
        rows = chip_rows(draws=DRAWS)
        files = {"table.md": table_of(rows), "chips.csv": csv_text([_flat(row) for row in rows])}
        write_files(folder, files)
        draw(rows, folder)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def of_table(rows: Sequence[Row]) -> list[Row]:
    """Figures of chips of the collection, one core each: without blocks of a core and without
    studies that are no silicon.
    """
    facts = read_facts()
    return [
        row
        for row in rows
        if "Shanbhag" in facts[row["chip"]].source_note and facts[row["chip"]].measured
    ]


def table_of(rows: Sequence[Row]) -> str:
    """The tables in Markdown."""
    lines = ["# Published chips beside the model", "", _TERMS, "## Scores", ""]
    lines += scores_of(rows) + ["", "## Furthest from what is published", ""]
    lines += [
        f"- {row['title']}: published {row['published']:g} {row['unit']}, model {row['model']:.3g} "
        f"({row['model_range'][0]:.3g} to {row['model_range'][1]:.3g}); {row['note']}"
        for row in worst(rows, 8)
    ]
    lines += [
        "",
        "## Every figure",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|---" * len(_COLUMNS) + "|",
    ]
    lines += [
        "| " + " | ".join(_printed(value) for value in _flat(row).values()) + " |" for row in rows
    ]
    lines += ["", "## Left out", ""]
    lines += [f"- {left.name}: {left.reason}" for left in left_out()]
    lines += [
        f"- {one.authors}, {one.venue} {one.year}, {one.cell}, {one.title}: {one.reason}"
        for one in read_left_out()
    ]
    return "\n".join(lines) + "\n"


def scores_of(rows: Sequence[Row]) -> list[str]:
    """A line a quantity and kind of memory: of the chips of the collection, then of all."""
    heads = ("of", "figures", "median error", "median factor", "inside band", "high/low", "score")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    collected = of_table(rows)
    for quantity in ("energy", "area"):
        own = [row for row in collected if row["quantity"] == quantity]
        for memory in ("all", *dict.fromkeys(row["memory"] for row in own)):
            some = [row for row in own if memory in ("all", row["memory"])]
            lines.append(_score_line(f"{quantity}, {memory.replace('_', ' ')}", score(some)))
        if quantity == "energy":
            drawn = score([_drawn(row) for row in own])
            lines.append(_score_line("energy, all, ranges of figures alone", drawn))
        every = [row for row in rows if row["quantity"] == quantity]
        lines.append(_score_line(f"{quantity}, with chips of other sources", score(every)))
    return lines


def _drawn(row: Row) -> Row:
    """A row whose band is that of the draws of prices."""
    low, high = row["parts_range"]
    return row | {"model_range": [low, high], "within": low <= row["published"] <= high}


def _score_line(name: str, result: Score) -> str:
    return (
        f"| {name} | {result.checks} | {result.median_error:.0%} | {result.median_factor:.2f} | "
        f"{result.coverage or 0:.0%} | {result.median_width or 0:.2g} | {result.interval_score or 0:.2g} |"
    )


def _flat(row: Row) -> Row:
    low, high = row["model_range"]
    return {
        "name": row["name"],
        "memory": row["memory"],
        "kind": row["kind"],
        "published": row["published"],
        "model": row["model"],
        "low": low,
        "high": high,
        "unit": row["unit"],
        "boundary": row["boundary"],
        "factor": row["model"] / row["published"],
        "score": interval_score(row),
    }


def _printed(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
