"""Measured against assumed activity for the runs of a training study.

    python -m archsim.studies.activity reports/gokmen2017 [--arch rpu]

Writes `activity.md` and `activity.csv` beside the folder's study.toml.
Reads what the study wrote, `history/<row>-<seed>.json`, or the checkpoint of a run that is not
finished, and takes the activity of the last finished epoch. Rows in floating point have no arrays
and are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from archsim.basics.files import csv_text, write_files
from archsim.readers.documents import read_json
from archsim.readers.form import check_form
from archsim.run.activity_effects import compare_activity
from archsim.run.activity_table import EffectRow, markdown
from archsim.run.kept_training import read_activities
from archsim.run.step_trace import step_trace
from archsim.schemes import load_scheme
from archsim.studies.study_file import Study, load_study
from archsim.trace import Activity
from archsim.training.checkpoints import load_checkpoint
from archsim.training.settings import read_settings
from archsim.training.setup import silicon_scheme
from hwlib.errors import InputError
from workloads import load_network

IMAGES = 8


class RunEffects(NamedTuple):
    """Rows of `compare_activity` for one run of a study."""

    title: str
    rows: list[EffectRow]


def study_comparison(study: Study, arch: str) -> dict[str, RunEffects]:
    """Each run of the study that is there, by its name. Raises InputError where there is none."""
    effects = {}
    for row, seed in study.runs():
        path = study.folder / "history" / f"{row.name}-{seed}.json"
        settings = read_settings({**row.settings, "seed": seed}, f"row '{row.name}'")
        # Compared are the assumptions of the scheme `rpu`: rows of other rules make none of them.
        activities = _activities(study.folder, path.stem) if settings.rule == "rpu" else None
        if not activities:
            continue
        scheme = silicon_scheme(load_scheme("rpu"), settings)
        trace = step_trace(load_network(study.network), scheme, settings)
        rows = compare_activity(trace, activities, arch, scheme, images=IMAGES)
        effects[path.stem] = RunEffects(row.title, rows)
    if not effects:
        raise InputError(
            "no run on arrays with a finished epoch",
            where=str(study.folder),
            hint="run the study first",
        )
    return effects


def _activities(folder: Path, name: str) -> dict[tuple[str, str], Activity]:
    """Activity by (layer, phase) in the last finished epoch of a run; empty where there is none."""
    path = folder / "history" / f"{name}.json"
    # The facts are written when a row ends; its checkpoint has the epochs until then.
    if not path.exists():
        checkpoint = folder / "checkpoints" / name
        epochs = (
            load_checkpoint(checkpoint)[0]["activities"]
            if (checkpoint / "checkpoint.json").exists()
            else []
        )
        return (
            {(layer, phase): Activity(**values) for layer, phase, values in epochs[-1]}
            if epochs
            else {}
        )
    facts = read_json(path)
    check_form(facts, {"activities": {"*": {"*": "scalar"}}}, str(path), "")
    return read_activities(facts["activities"], f"{path}: activities")


def write_study(study: Study, arch: str) -> None:
    """Write activity.md and activity.csv into the study's folder."""
    texts, lines = [], []
    for name, (title, rows) in study_comparison(study, arch).items():
        texts.append(markdown(rows, f"{title} ({name}), last epoch, chip {arch}"))
        lines += [{"run": name, **row} for row in rows]
    write_files(study.folder, {"activity.md": "\n".join(texts), "activity.csv": csv_text(lines)})


def main(line: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m archsim.studies.activity",
        description="Compare measured with assumed activity.",
    )
    parser.add_argument("folder", type=Path, help="folder of a study.toml that has been run")
    parser.add_argument("--arch", default="rpu", help="chip (default rpu)")
    arguments = parser.parse_args(line)
    try:
        write_study(load_study(arguments.folder / "study.toml"), arguments.arch)
    except InputError as error:
        print(error.message, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
