"""Speed and size of sweeps: price-only and timed points a second, two workers against one, 100 000
points, the report.

    python benchmarks/bench_explore.py [--large]

--large adds the sweep of 100 000 price-only points.
Rates of one worker are in CPU time of one process, so that other work on the machine does not
count; the ratio of two workers to one is in wall time and wants an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from archsim.exploration import load_space
from archsim.exploration.space.samplers import points
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import explore
from archsim.exploration.work.metrics import STANDARD
from archsim.exploration.work.rungs import price_rung, timing_rung
from archsim.exploration.work.worker import STEPS, RungJob, run_batch
from archsim.soc.engine import LOADED_FOR

SPACE = {
    "schema": 1,
    "name": "bench",
    "network": "rpu_cnn",
    "settings": {"read.transposed": False},
    "axes": {
        "tile.rows": [32, 64, 128, 256, 512],
        "tile.columns": [64, 128, 256, 512],
        "read.adc_bits": {"from": 4, "to": 9},
        "read.columns_per_adc": [4, 8, 16, 32],
        "read.input_bits": [4, 6, 8],
        "node_nm": [28.0, 40.0, 65.0],
        "clock_mhz": {"from": 50.0, "to": 600.0, "step": 25.0},
    },
    "objectives": {"area_mm2": "minimise", "energy_per_image_j": "minimise"},
    "sampler": {"kind": "random", "points": 2000, "seed": 1},
}


def rates() -> None:
    """Points a CPU second of a worker: distinct designs, each worked out and written as a line of the
    store. Imports and the first caches are left out, and machine code is loaded: a sweep does that
    as soon as its points are worth it together.
    """
    space = load_space(SPACE)
    designs = [(f"{number:016x}", point) for number, point in enumerate(points(space))]
    STEPS.steps = LOADED_FOR
    for name, rung, metrics in (
        ("price only", price_rung, STANDARD["price"]),
        ("timed", timing_rung, STANDARD["timing"]),
    ):
        job = RungJob(space, rung, metrics)
        run_batch(job, 0, designs[:50])
        started = time.process_time()
        run_batch(job, 1, designs[50:1550])
        print(f"{name + ':':<22}{1500 / (time.process_time() - started):8.0f} points a CPU second")


def workers() -> None:
    """Wall time of the same sweep with one and two workers, start of the workers left out."""
    space = SPACE | {"sampler": {"kind": "random", "points": 24000, "seed": 2}}
    explore(SPACE, jobs=2)  # starts the workers
    seconds = {}
    for jobs in (1, 2):
        started = time.perf_counter()
        explore(space | {"sampler": space["sampler"] | {"seed": jobs}}, jobs=jobs)
        seconds[jobs] = time.perf_counter() - started
    print(
        f"two workers:          {seconds[1] / seconds[2]:8.2f} times one ({os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f})"
    )


def large() -> None:
    """100 000 price-only points: memory of the parent, size of the store, time to open it again."""
    # any clock, so that no design is drawn twice
    space = SPACE | {
        "sampler": SPACE["sampler"] | {"points": 100_000},
        "axes": SPACE["axes"] | {"clock_mhz": {"from": 50.0, "to": 600.0}},
    }
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        sweep = explore(space, jobs=os.cpu_count() or 1, out=folder)
        print(
            f"{len(sweep.tables[0]):,} points:        {time.perf_counter() - started:8.0f} s, "
            f"parent {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, "
            f"store {(Path(folder) / 'points.jsonl').stat().st_size / 1e6:.1f} MB"
        )
        started = time.perf_counter()
        with Store(folder):
            print(f"resume scan:          {time.perf_counter() - started:8.2f} s")
        started = time.perf_counter()
        explore(space, out=folder, resume=True)
        print(f"resume, all there:    {time.perf_counter() - started:8.2f} s")


def report() -> None:
    """The report of 2000 designs: seconds to make it, its size, and how long a browser takes to
    open it (where there is one).
    """
    from archsim.report.sweep.page import render_sweep

    sweep = explore(SPACE)
    started = time.process_time()
    document = json.loads(json.dumps(sweep.to_dict()))
    middle = time.process_time()
    page = render_sweep(document)
    print(
        f"report of {len(document['points'])}:       {middle - started:8.1f} s analysis, "
        f"{time.process_time() - middle:.1f} s page, "
        f"{len(page.encode()) / 1e6:.2f} MB"
    )
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
    from chromium_pages import Chromium, find_chromium

    if program := find_chromium():
        with Chromium(program) as browser, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.html"
            path.write_text(page, encoding="utf-8")
            for width, phone in ((1280, False), (390, True)):
                browser.open(path, width, phone=phone)
                loaded, painted = browser.load_seconds()
                print(f"opened at {width}:      {loaded:8.2f} s loaded, {painted:.2f} s painted")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="also a sweep of 100 000 points")
    chosen = parser.parse_args()
    rates()
    report()
    workers()
    if chosen.large:
        large()
