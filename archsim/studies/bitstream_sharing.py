"""What shared and pseudo-random bit streams cost in accuracy and save in silicon: every machine of a
grid trained, and the same machine priced with the activity that it had.

    python -m archsim.studies.bitstream_sharing reports/bitstream_sharing            # what is missing
    python -m archsim.studies.bitstream_sharing reports/bitstream_sharing --report   # tables alone

In: `grid.toml` of the folder. Out, beside it: `runs/` (a file a training, with its activity),
`runs.csv`, `sharing.csv`, `sharing.md` and the plot. A killed study goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import archsim
from archsim.basics.files import csv_text, write_files
from archsim.readers.documents import read_json
from archsim.run.training_cost import chip_of, price_again
from archsim.schemes import load_scheme
from archsim.studies.sharing_grid import Design, Grid, load_grid
from archsim.studies.sharing_tables import mean_rows, sharing_page
from hwlib.errors import InputError

STREAM_PARTS = ("bitstream_generator", "number_generator", "stream_converter", "stream_source")
"""What makes the bits: generators of numbers, comparators, switching devices."""


def train_design(grid: Grid, design: Design, seed: int) -> dict[str, Any]:
    """Train a design; its document with what pricing it again needs, and its row of numbers."""
    settings = design.settings()
    on_chip = design.words == "chip"
    training = archsim.train(
        grid.network,
        archsim.load_architecture(design.arch, settings if on_chip else {}),
        grid.data,
        load_scheme(design.scheme, {} if on_chip else settings),
        epochs=design.epochs,
        seed=seed,
        images=grid.images,
    )
    document = training.to_dict()
    own = document["training"]
    kept = ("settings", "scheme_settings", "activities", "refreshes", "images")
    chip = chip_of(document, design.name)
    return {
        "row": run_row(design, seed, document),
        "scheme": document["scheme"],
        "network": document["network"],
        "node_nm": document["node_nm"],
        "settings": chip.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "training": {name: own[name] for name in kept},
    }


def run_row(design: Design, seed: int, document: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a run: accuracy of the training and silicon of its steps, in mm², µW and nJ an
    image; those of the parts that make the bits apart.
    """
    images = document["images"]
    parts = [document["by_component"].get(name, {}) for name in STREAM_PARTS]
    stream_energy = sum(part.get("energy_j", 0.0) for part in parts)
    return {
        "scheme": design.scheme,
        "source": design.source,
        "sharing": design.sharing or "",
        "resolution": design.resolution or "",
        "seed": seed,
        "epochs": design.epochs,
        "accuracy_percent": document["accuracy_percent"],
        "writes_per_device": document["writes_per_device"],
        "area_mm2": document["area_mm2"],
        "power_uw": document["power_uw"],
        "energy_nj": document["energy_per_image_j"] * 1e9,
        "us_an_image": document["latency_per_image_s"] * 1e6,
        "stream_area_mm2": sum(part.get("area_mm2", 0.0) for part in parts),
        # Over the run's time, as the chip's power is.
        "stream_power_uw": stream_energy / document["latency_s"] * 1e6,
        "stream_energy_nj": stream_energy / images * 1e9,
    }


def train_missing(grid: Grid, most: int | None = None) -> int:
    """Train what has no file yet, at most so many; the number that was trained."""
    trained = 0
    for design, seed, path in grid.runs():
        # Written whole or not at all, so a file that is there is a run that ended.
        if path.exists():
            continue
        if trained == most:
            break
        document = train_design(grid, design, seed)
        write_files(path.parent, {path.name: json.dumps(document, separators=(",", ":")) + "\n"})
        trained += 1
        print(f"{path.stem}: {document['row']['accuracy_percent']:.2f} %", flush=True)
    return trained


def kept_rows(grid: Grid, priced_again: bool) -> list[dict[str, Any]]:
    """The rows of what was trained; with silicon of today where it is `priced_again`. Raises InputError
    where nothing was trained.
    """
    rows = []
    for design, seed, path in grid.runs():
        if not path.exists():
            continue
        document = read_json(path)
        row = dict(document["row"])
        if priced_again:
            again, _ = price_again(document, str(path))
            # What the training came to is no price: it stays.
            trained = {name: row[name] for name in ("accuracy_percent", "writes_per_device")}
            row = run_row(design, seed, again | trained)
        rows.append(row)
    if not rows:
        raise InputError("no design of this grid has been trained", where=str(grid.folder))
    return rows


def write_tables(folder: Path, priced_again: bool = True) -> None:
    """`runs.csv`, `sharing.csv`, `sharing.md` and the plot of what was trained."""
    from archsim.studies.sharing_plot import draw

    runs = kept_rows(load_grid(folder), priced_again)
    rows = mean_rows(runs)
    files = {
        "runs.csv": csv_text(runs),
        "sharing.csv": csv_text(rows),
        "sharing.md": sharing_page(rows),
    }
    write_files(folder, files)
    draw(rows, folder)


def main(arguments: list[str] | None = None) -> int:
    """Command line of the study."""
    parser = argparse.ArgumentParser(prog="python -m archsim.studies.bitstream_sharing")
    parser.add_argument("folder", type=Path, help="the folder of grid.toml")
    parser.add_argument("--most", type=int, help="train at most so many designs now")
    parser.add_argument("--report", action="store_true", help="only the tables of what is there")
    options = parser.parse_args(arguments)
    try:
        if not options.report:
            train_missing(load_grid(options.folder), options.most)
        # What was trained just now has today's prices; older rows keep those of their day here.
        write_tables(options.folder, priced_again=False)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
