"""Time of one update of a 512 x 512 layer, of every update scheme: the published accounting beside
the event model.

    python -m archsim.studies.update_latency reports/update_schemes

Writes `latency.md` and `latency.csv` there. The accounting is that of Rasch et al., Nat. Commun.
15:7133 (2024), Table 1: analog time and arithmetic are added, memory, random numbers and transport
are hidden. It prints 30.9 ns for in-memory SGD and 56.3 ns for Tiki-Taka v2; its formulas give the
other rows. Nothing in the event model is fitted: the chip has the stated settings, the simulator
adds what is left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.basics.files import csv_text, write_files
from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.pulsed.rpu import Rpu
from archsim.studies.update_time import BATCH, PULSE_NS, READ_NS, TRAIN, accounting, update_time
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.schemes.base import Scheme
PUBLISHED_NS = {"rpu": 30.9, "tiki_taka v2": 56.3}
# A memory and a bus as fast as a chip file allows and no instruction issue: as near to the
# accounting as the event model comes.
HIDDEN = {
    "buffer.width_bits": 1024,
    "buffer.ports": 8,
    "interconnect.width_bits": 4096,
    "interconnect.hop_cycles": 0,
    "controller.issue_cycles": 0,
    "off_chip.latency_cycles": 0,
}
VARIANTS = {"tiki_taka": [{"version": version} for version in ("v1", "v2", "chopped", "agad")]}
RESOURCES = ("array", "vector unit", "buffer", "bus", "generator")


_TERMS = f"""ns a sample, in mini-batches of {BATCH}: a rule that writes once a batch has that \
time divided by its samples. The chip is
`rpu_512` with the settings of Rasch et al. 2024, Table 1: trains of {TRAIN} slots of {PULSE_NS} \
ns, one polarity phase, reads of
{READ_NS} ns, a line read every second sample, 0.175 TFLOPS a layer. Everything else is that of \
the chip file and of the scheme.

- *published*: the two totals that the table prints; *accounting*: its formulas, which hide \
memory, random numbers and transport.
- *model*: our event model with a memory and a bus as fast as a chip file allows and no \
instruction issue, without update management.
  *longest operation*: the part of the update that takes longest. *busy*: array, vector unit, \
buffer (its reading or its
  writing side, whichever works longer: a rule moves its data through one port of each) and \
stream or number generator; they work side
  by side, and the busiest is bold. 1,024 bits a ns do not hide a rule that moves N² words a sample.
- *whole chip*: with the buffer, bus and issue of the chip file and update management; at last \
with an update after every sample."""


def variant(name: str, settings: Mapping[str, object], manage: bool) -> Scheme:
    """A scheme with its settings, and with update management on or off where it has that."""
    scheme = load_scheme(name, settings)
    if isinstance(scheme, Rpu) and "train_length" in type(scheme).model_fields:
        # the stated trains, where they are the scheme's and not the chip's
        scheme = scheme.model_copy(update={"train_length": TRAIN})
    return (
        scheme.model_copy(update={"update_management": manage})
        if "update_management" in type(scheme).model_fields
        else scheme
    )


def latency_rows(batch: int = BATCH) -> tuple[list[dict], dict[str, str]]:
    """One row a scheme, times in ns a sample at mini-batches of `batch`; and the schemes that
    cannot run, with the reason.
    """
    rows = []
    refused = {}
    for name in list_schemes():
        for settings in VARIANTS.get(name, [{}]):
            label = " ".join([name, *map(str, settings.values())])
            plain, managed = (variant(name, settings, manage) for manage in (False, True))
            try:
                near = update_time(plain, HIDDEN, batch)
                whole = update_time(managed, {}, batch)
                single = update_time(managed, {}, 1)
            except InputError as error:
                refused[label] = error.message
                continue
            # Operations of one update overlap: the longest alone is not the total.
            longest = max(near.operations, key=near.operations.__getitem__)
            limit = max(near.loads, key=near.loads.__getitem__)
            rows.append(
                {
                    "scheme": label,
                    "published_ns": PUBLISHED_NS.get(label),
                    "accounting_ns": accounting(label, batch),
                    "model_ns": near.total,
                    "longest_operation": longest,
                    "longest_operation_ns": near.operations[longest],
                    "busiest": limit,
                    **{
                        f"{key.replace(' ', '_')}_ns": near.loads.get(key, 0.0) for key in RESOURCES
                    },
                    "whole_chip_ns": whole.total,
                    "whole_chip_batch_1_ns": single.total,
                }
            )
    rows = [
        {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
        for row in rows
    ]
    # By the one number that all rows have: the accounting covers few rules.
    return sorted(rows, key=lambda row: row["model_ns"]), refused


def steps_to_the_model(name: str, settings: Mapping[str, object]) -> list[tuple[str, float]]:
    """From the accounting to the whole chip, one thing more at a time: (what, ns a sample)."""
    plain, managed = (variant(name, settings, manage) for manage in (False, True))
    return [
        (
            "events, a converter for every column",
            update_time(plain, {**HIDDEN, "read.columns_per_adc": 1}).total,
        ),
        ("8 columns share a converter", update_time(plain, HIDDEN).total),
        ("buffer, bus and issue of the chip file", update_time(plain, {}).total),
        ("update management", update_time(managed, {}).total),
    ]


def _ns(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def markdown(rows: Sequence[Mapping], refused: Mapping[str, str]) -> str:
    """The tables as Markdown."""
    shown = [name for name in RESOURCES if name != "bus"]
    heads = [
        "scheme",
        "published",
        "accounting",
        "model",
        "longest operation",
        *(f"{name} busy" for name in shown),
        "whole chip",
        "whole chip, batch 1",
    ]
    lines = [
        "# Time of one update of a 512 × 512 layer",
        "",
        _TERMS,
        "",
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
    ]
    for row in rows:
        cells = [_ns(row[key]) for key in ("published_ns", "accounting_ns", "model_ns")]
        cells.append(f"{row['longest_operation']}, {_ns(row['longest_operation_ns'])}")
        busy = {name: _ns(row[f"{name.replace(' ', '_')}_ns"]) for name in shown}
        cells += [f"**{text}**" if name == row["busiest"] else text for name, text in busy.items()]
        lines.append(
            f"| {row['scheme']} | {' | '.join(cells)} | {_ns(row['whole_chip_ns'])} | "
            f"{_ns(row['whole_chip_batch_1_ns'])} |"
        )
    lines += [
        "",
        *(f"`{name}` cannot run: {reason}" for name, reason in refused.items()),
        *([""] if refused else []),
        "## From the accounting to the chip",
        "",
        "| ns a sample, one thing more at a time | in-memory SGD (rpu) | Tiki-Taka v2 |",
        "|---|---|---|",
        f"| accounting | {_ns(accounting('rpu'))} | {_ns(accounting('tiki_taka v2'))} |",
    ]
    pulsed = steps_to_the_model("rpu", {})
    fast = steps_to_the_model("tiki_taka", {"version": "v2"})
    lines += [
        f"| {what} | {_ns(one)} | {_ns(two)} |" for (what, one), (_, two) in zip(pulsed, fast)
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    """latency.md and latency.csv in a folder."""
    rows, refused = latency_rows()
    write_files(folder, {"latency.md": markdown(rows, refused), "latency.csv": csv_text(rows)})


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m archsim.studies.update_latency",
        description="Time of one update, of every scheme.",
    )
    parser.add_argument("folder", type=Path, help="where latency.md and latency.csv go")
    try:
        folder = parser.parse_args(arguments).folder
        write(folder)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
