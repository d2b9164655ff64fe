"""What a row of a training study costs on a chip, with the activity that its training measured, and
how it transfers.

    python -m archsim.studies.silicon reports/wu2023/study.toml --row mixed_precision --arch wu2023

Writes `silicon.md` and `silicon.csv` beside the study: one training step and one inference on the
chip. With `--chips 10` the trained weights are transferred to ten freshly drawn chips.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from archsim.basics.files import csv_text, write_files
from archsim.readers.documents import read_json
from archsim.readers.form import check_form
from archsim.run.kept_training import read_activities
from archsim.run.step_trace import step_trace
from archsim.trace.upkeep import Refreshes, with_refreshes
from archsim.training.settings import images_between, read_settings
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.run.result import Result
    from archsim.trace import Activity, Trace

_TRANSFER = "Transfer to "


def silicon_rows(study_path: Path, row_name: str, chip: str) -> list[dict[str, Any]]:
    """Cost of inference and of a training step of a row, with measured activity. Raises InputError
    where the row has not run.
    """
    from archsim.chip import load_architecture
    from archsim.run.simulation import simulate
    from archsim.schemes import load_scheme
    from archsim.studies.study_file import load_study
    from archsim.trace import build_trace
    from workloads import load_network

    study = load_study(study_path)
    row = next((item for item in study.rows if item.name == row_name), None)
    if row is None:
        raise InputError(
            "no such row",
            where=str(study_path),
            got=row_name,
            allowed=[item.name for item in study.rows],
        )
    facts = _facts(study.folder, row_name, row.seeds[0])
    where = str(study.folder / "history" / f"{row_name}-{row.seeds[0]}.json")
    activities = read_activities(facts.get("activities"), f"{where}: activities")
    settings = read_settings(facts["settings"], f"{where}: settings")
    refreshes = {layer: Refreshes(**done) for layer, done in facts.get("refreshes", {}).items()}
    architecture = load_architecture(chip)
    network = load_network(study.network)
    scheme = load_scheme(facts["settings"]["rule"], facts["settings"]["scheme_settings"])
    batch = facts["settings"]["batch"]
    steps = {
        "inference": build_trace(network, None, "inference", 1),
        "training": step_trace(network, scheme, settings),
    }
    rows: list[dict[str, Any]] = []
    for phase, images in (("inference", 1), ("training", batch)):
        # An inference asks for the forward reads alone, which every training has measured.
        trace = _measured(steps[phase], activities, f"{where}: activities")
        if phase == "training":
            trace = with_refreshes(trace, refreshes, facts["images"], images_between(settings))
        rows.append(_row(phase, images, simulate(trace, architecture)))
    rows[1]["seconds_whole_training"] = rows[1]["seconds_per_image"] * facts["images"]
    rows[1]["energy_whole_training_j"] = rows[1]["energy_per_image_j"] * facts["images"]
    return rows


def _measured(trace: Trace, activities: Mapping[tuple[str, str], Activity], where: str) -> Trace:
    """The trace with the activity of its operations. Raises InputError where a training step lacks
    some.
    """
    present = {
        (op.matrix_name, op.phase)
        for op in trace.image_operations + trace.batch_operations
        if op.kind != "digital"
    }
    missing = [".".join(key) for key in present if key not in activities]
    if missing and trace.phase == "training":
        raise InputError(
            "not measured in this row", where=where, got=", ".join(missing), hint="train it again"
        )
    from archsim.trace.measured import with_activity

    return with_activity(trace, {key: value for key, value in activities.items() if key in present})


def _row(phase: str, images: int, result: Result) -> dict[str, Any]:
    return {
        "phase": phase,
        "images": images,
        "cycles": result.cycles,
        "seconds_per_image": result.latency_per_image_s,
        "area_mm2": result.area_mm2,
        "area_low_mm2": result.area_mm2_range[0],
        "area_high_mm2": result.area_mm2_range[1],
        "power_uw": result.power_uw,
        "energy_per_image_j": result.energy_per_image_j,
        # Boundaries hold the whole run: a training step is a mini-batch.
        "macro_energy_per_image_j": result.boundaries["macro"]["energy_j"] / images,
        "tile_operations": result.tile_operations,
        **{f"{name}_energy_j": part["energy_j"] / images for name, part in result.by_phase.items()},
    }


def _facts(folder: Path, row: str, seed: int) -> dict[str, Any]:
    path = folder / "history" / f"{row}-{seed}.json"
    if not path.exists():
        raise InputError(
            "this row has not been trained yet",
            where=str(path),
            hint="python -m archsim.studies.training STUDY --row NAME",
        )
    facts: dict[str, Any] = read_json(path)
    check_form(facts, {"settings": {"*": "any"}, "images": "some"}, str(path), "")
    return facts


def transfer_errors(
    study_path: Path, row_name: str, chips: int, normalisation_images: int = 0
) -> list[float]:
    """Test errors in percent of the row's final weights on `chips` freshly drawn chips, each with the
    statistics of normalisations that the training met, or that it measures on so many images.
    """
    from archsim.studies.study_file import load_study
    from archsim.training.checkpoints import load_checkpoint
    from archsim.training.machine import Machine
    from archsim.training.resume import put_back_words
    from archsim.training.transfer import transfer
    from workloads import load_network
    from workloads.datasets import load_dataset

    study = load_study(study_path)
    row = next(item for item in study.rows if item.name == row_name)
    settings = read_settings({**row.settings, "seed": row.seeds[0]})
    network = load_network(study.network)
    folder = study.folder / "checkpoints" / f"{row_name}-{row.seeds[0]}"
    facts, arrays = load_checkpoint(folder)
    machine = Machine(network, settings)
    machine.arrays.weights[...] = arrays["weights"]
    put_back_words(machine, facts, arrays, folder)
    weights = machine.arrays.layer_weights()
    # the digital copy holds the targets, without programming errors
    if machine.rule is not None and "rule.0.copy" in arrays:
        weights = {layer.name: arrays[f"rule.{layer.index}.copy"] for layer in machine.rule.layers}
    # Seeds far from those of the rows, so that no chip is one that was trained on.
    seeds = range(1001, 1001 + chips)
    data = load_dataset(study.data)
    return transfer(network, data, settings, weights, seeds, machine, normalisation_images)


def write_again(study_path: Path, row_name: str, chip: str) -> None:
    """silicon.md and silicon.csv from the kept activity. What the transfer to fresh chips came to
    is no silicon: its line stays.
    """
    there = study_path.parent / "silicon.md"
    lines = there.read_text(encoding="utf-8").splitlines() if there.is_file() else []
    kept = next((line for line in lines if line.startswith(_TRANSFER)), "")
    rows = silicon_rows(study_path, row_name, chip)
    write_files(
        study_path.parent,
        {"silicon.md": markdown(rows, chip, [], kept), "silicon.csv": csv_text(rows)},
    )


def markdown(
    rows: list[dict], chip: str, errors: Sequence[float], transfer: str = "", own: str = ""
) -> str:
    """The tables as Markdown; `transfer` is the line of an earlier transfer, where none was made
    now, and `own` says what the chips of this one did before their test.
    """
    inference, training = rows
    lines = [
        f"| on `{chip}`, activity measured in training | inference | training step |",
        "|---|---|---|",
    ]
    for title, key, scale, unit in (
        ("time an image", "seconds_per_image", 1e3, "ms"),
        ("energy an image, chip", "energy_per_image_j", 1e6, "µJ"),
        ("energy an image, arrays and converters", "macro_energy_per_image_j", 1e6, "µJ"),
        ("forward", "forward_energy_j", 1e6, "µJ"),
        ("backward", "backward_energy_j", 1e6, "µJ"),
        ("update", "update_energy_j", 1e6, "µJ"),
        ("shared (leakage, clock, controller)", "shared_energy_j", 1e6, "µJ"),
        ("power", "power_uw", 1e-3, "mW"),
        ("area", "area_mm2", 1, "mm²"),
        ("whole training, time", "seconds_whole_training", 1, "s"),
        ("whole training, energy", "energy_whole_training_j", 1, "J"),
    ):
        cells = [
            f"{row[key] * scale:.4g} {unit}" if row.get(key) is not None else "–"
            for row in (inference, training)
        ]
        lines.append(f"| {title} | {cells[0]} | {cells[1]} |")
    if errors:
        spread = f" ± {stdev(errors):.2f} (standard deviation)" if len(errors) > 1 else ""
        lines += [
            "",
            f"{_TRANSFER}{len(errors)} freshly drawn chips{own}: test error {fmean(errors):.2f} "
            f"%{spread}, highest {max(errors):.2f} %.",
        ]
    elif transfer:
        lines += ["", transfer]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m archsim.studies.silicon",
        description="The silicon behind a row of a training study.",
    )
    parser.add_argument("study", type=Path)
    parser.add_argument("--row", required=True)
    parser.add_argument("--arch", required=True)
    parser.add_argument(
        "--chips", type=int, default=0, help="transfer the trained weights to this many fresh chips"
    )
    parser.add_argument(
        "--normalisation-images",
        type=int,
        default=0,
        metavar="N",
        help="training images on which each fresh chip measures the means and variances of its "
        "batch normalisations anew (default 0: those of the training)",
    )
    options = parser.parse_args(arguments)
    chips = options.chips
    measured = options.normalisation_images
    own = f", normalisations measured on {measured} training images each" if measured else ""
    try:
        if measured and not chips:
            raise InputError(
                "no chip measures its normalisations",
                where="--normalisation-images",
                got=measured,
                allowed="0 without --chips",
            )
        rows = silicon_rows(options.study, options.row, options.arch)
        errors = transfer_errors(options.study, options.row, chips, measured) if chips else []
        told = markdown(rows, options.arch, errors, own=own)
        write_files(options.study.parent, {"silicon.md": told, "silicon.csv": csv_text(rows)})
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
