"""A training study: rows of settings from one `study.toml`, each trained in a process of its own,
resumable; tables and curves from them.

    # all rows that are not finished, one after the other
    python -m archsim.studies.training reports/gokmen2017/study.toml
    # one row, in this process
    python -m archsim.studies.training reports/gokmen2017/study.toml --row fp
    # table and curves of what is there
    python -m archsim.studies.training reports/gokmen2017/study.toml --report

Beside the file: `history/<row>.csv` an epoch a line, `table.md`, `errors.png` and `errors.svg`;
checkpoints in `checkpoints/<row>`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from archsim.basics.processes import guarded
from archsim.readers.documents import read_json
from archsim.studies.study_file import Row, Study, load_study, read_history
from hwlib.errors import InputError

COLUMNS = (
    "epoch",
    "train_error_percent",
    "test_error_percent",
    "train_loss",
    "test_loss",
    "images_per_second",
    "seconds",
)


def run_row(study: Study, row: Row, seed: int) -> None:
    """Train one row with one seed, from its checkpoint where there is one, and keep its history up
    to date after each epoch.
    """
    from archsim.training.loop import train
    from archsim.training.settings import read_settings
    from workloads.datasets import load_dataset
    from workloads.load import load_network

    settings = read_settings({**row.settings, "seed": seed}, f"row '{row.name}'")
    checkpoints = study.folder / "checkpoints" / f"{row.name}-{seed}"
    resume = (checkpoints / "checkpoint.json").exists()
    result = train(
        load_network(study.network),
        load_dataset(study.data),
        settings,
        folder=checkpoints,
        resume=resume,
        progress=_Reporter(study, row, seed, checkpoints),
    )
    write_history(study, row, seed, result.history)
    activities = {
        f"{layer}.{phase}": asdict(activity)
        for (layer, phase), activity in result.activities.items()
    }
    # activities and refreshes are what the silicon of this row is priced with, now and again
    # without training
    facts = {
        "finished": result.finished,
        "images": result.images,
        "seconds": result.seconds,
        "writes": result.writes,
        "totals": result.totals,
        "settings": settings.model_dump(mode="json"),
        "activities": activities,
        "refreshes": {layer: asdict(done) for layer, done in result.refreshes.items()},
    }
    (study.folder / "history" / f"{row.name}-{seed}.json").write_text(
        json.dumps(facts, indent=1) + "\n", encoding="utf-8"
    )


class _Reporter:
    """Copies the history out of the checkpoint whenever an epoch has begun, so that a killed row
    leaves its epochs behind.
    """

    def __init__(self, study: Study, row: Row, seed: int, checkpoints: Path):
        self.study = study
        self.row = row
        self.seed = seed
        self.checkpoints = checkpoints
        self.epoch = 0

    def __call__(self, now: dict) -> None:
        # The checkpoint of the epoch before lies there by the time that the next one begins.
        if now["epoch"] == self.epoch:
            return
        self.epoch = now["epoch"]
        path = self.checkpoints / "checkpoint.json"
        if path.exists():
            history = read_json(path)["facts"]["history"]
            write_history(self.study, self.row, self.seed, history)
            if history:
                print(f"{self.row.name} seed {self.seed}: {json.dumps(history[-1])}", flush=True)


def write_history(study: Study, row: Row, seed: int, history: list[dict]) -> None:
    """history/<row>-<seed>.csv, an epoch a line."""
    path = study.folder / "history" / f"{row.name}-{seed}.csv"
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: f"{line[key]:.6g}" for key in COLUMNS} for line in history)


def run_all(path: Path, study: Study, jobs: int) -> int:
    """Every unfinished run in a process of its own, `jobs` at a time. Returns the number that
    failed.
    """

    def one(run: tuple[Row, int]) -> bool:
        row, seed = run
        if len(read_history(study, row, seed)) >= row.settings["epochs"]:
            return True
        # One thread a row: rows run side by side, and a sum of several threads has other bits.
        environment = {**os.environ, **member, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [
            sys.executable,
            "-m",
            "archsim.studies.training",
            str(path),
            "--row",
            row.name,
            "--seed",
            str(seed),
        ]
        return subprocess.run(command, env=environment).returncode == 0

    with guarded() as member, ThreadPoolExecutor(jobs) as pool:
        done = list(pool.map(one, study.runs()))
    return done.count(False)


def main(arguments: list[str] | None = None) -> int:
    """Command line of a study."""
    parser = argparse.ArgumentParser(
        prog="python -m archsim.studies.training", description="Run a training study."
    )
    parser.add_argument("study", type=Path, help="study.toml")
    parser.add_argument("--row", help="train this row only, in this process")
    parser.add_argument("--seed", type=int, help="seed of that row (default: its first)")
    parser.add_argument("--jobs", type=int, default=1, help="rows at a time")
    parser.add_argument(
        "--report", action="store_true", help="only write table and curves of what is there"
    )
    options = parser.parse_args(arguments)
    try:
        study = load_study(options.study)
        failed = 0
        if not study.rows:
            raise InputError(
                "this study trains nothing of its own",
                where=str(options.study),
                hint="archsim report FOLDER --reprice",
            )
        if options.row:
            named = [row for row in study.rows if row.name == options.row]
            if not named:
                raise InputError(
                    "no such row",
                    where=str(options.study),
                    got=options.row,
                    allowed=[row.name for row in study.rows],
                )
            run_row(study, named[0], named[0].seeds[0] if options.seed is None else options.seed)
        elif not options.report:
            failed = run_all(options.study, study, max(1, options.jobs))
        if not options.row:
            from archsim.studies.training_report import write_report

            write_report(study)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
