"""What is made anew of a folder of each kind when it is priced again: a training, a comparison, a
sweep, a study.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archsim.basics.files import write_files
from archsim.comparison.document import Comparison
from archsim.comparison.rows import SILICON, SchemeRuns, seed_facts, stored_runs
from archsim.comparison.variants import chosen_variants
from archsim.readers.documents import read_json
from archsim.report.comparison.page import load_comparison, write_comparison_report
from archsim.run.result import Result
from archsim.run.training_cost import price_again
from archsim.studies.moved import Repriced
from archsim.trace import save_trace
from hwlib.errors import InputError

if TYPE_CHECKING:
    from archsim.chip.config import Architecture

ChipOf = Callable[[Mapping[str, Any], str], "Architecture | None"]
"""(document of a training, where it lies) -> the chip in place of its own; None for its own."""
MEASURED = "measured.json"
_QUANTITIES = (
    "area_mm2",
    "energy_per_image_j",
    "latency_per_image_s",
    "power_uw",
    "cycles",
    "tiles",
)


def _training(folder: Path, chip: ChipOf, network: Any, jobs: int) -> Repriced:
    """The result of one training, its tables, its trace, its page and its figures."""
    from archsim.report.run.export import write_plots
    from archsim.report.run.page import render_report

    before = Result.load(folder).to_dict()
    if "training" not in before:
        raise InputError(
            "nothing was trained here", where=str(folder), hint="archsim run makes it again"
        )
    after, trace = price_again(before, str(folder), chip(before, str(folder)), network)
    _save(folder, after, trace)
    if (folder / "report.html").exists():
        write_files(folder, {"report.html": render_report(after)})
        write_plots(after, folder / "figures")
    repriced = Repriced()
    repriced.add("result", [_headline(before)], [_headline(after)])
    return repriced


def _save(folder: Path, document: dict, trace: Any) -> None:
    Result(document).save(folder)
    if (folder / MEASURED).exists():
        save_trace(trace, folder / MEASURED)


def _headline(document: Mapping[str, Any]) -> dict[str, Any]:
    return (
        {"row": document.get("label") or document["scheme"]}
        | {name: document.get(name) for name in _QUANTITIES}
        | {f"{phase}_energy_j": cost["energy_j"] for phase, cost in document["by_phase"].items()}
    )


def _comparison(folder: Path, chip: ChipOf, network: Any, jobs: int) -> Repriced:
    """Every scheme of a comparison; one whose activity was not kept stays as it was, and says so."""
    document = load_comparison(folder / "compare.json")
    repriced = Repriced()
    results = []
    own = []
    reasons = []
    for before in document["schemes"]:
        where = f"{folder}: {before['label']}"
        try:
            after, trace = price_again(before, where, chip(before, where), network)
            own.append((before["label"], after, trace))
        except InputError as fault:
            reasons.append(fault)
            # Once, however often the folder is priced again.
            note = f"not priced again: {fault.what}"
            repriced.missing.append(
                f"{before['label']}: {fault.what}" + (f" ({fault.got})" if fault.got else "")
            )
            after = before | {"notes": [*(text for text in before["notes"] if text != note), note]}
        results.append(after)
    if not own:
        raise reasons[0]
    stored = {row["label"]: stored_runs(row) for row in document["rows"]}
    old = Comparison(document["schemes"], {}, runs=stored)
    new = Comparison(
        results,
        document["refused"],
        [],
        document.get("command", ""),
        runs={
            after["label"]: _runs_priced_again(row, after, folder, chip, network)
            for row, after in zip(document["rows"], results)
        },
        terms=document["terms"],
    )
    for label, result, trace in own:
        below = folder / _folder_of(label)
        if (below / "result.json").is_file():
            _save(below, result, trace)
    new.judge().save(folder)
    write_comparison_report(folder)
    repriced.add("compare.csv", old.rows, new.rows)
    return repriced


def _runs_priced_again(
    row: Mapping[str, Any], first: Mapping[str, Any], folder: Path, chip: ChipOf, network: Any
) -> SchemeRuns:
    """The seeds of a scheme at today's prices. The silicon of a seed whose own result is not kept, or
    cannot be priced, is left out: never that of the prices before.
    """
    stored = stored_runs(row)
    # The first seed's result is the scheme's own, which was priced by the caller.
    seeds = [seed_facts(first)]
    for run in stored.seeds[1:]:
        below = folder / f"{_folder_of(row['label'])}--seed-{run['seed']}"
        where = f"{folder}: {row['label']}, seed {run['seed']}"
        try:
            before = Result.load(below).document
            after, trace = price_again(before, where, chip(before, where), network)
        except InputError:
            seeds.append(dict(run) | dict.fromkeys(SILICON))
            continue
        _save(below, after, trace)
        seeds.append(seed_facts(after))
    return SchemeRuns(seeds, stored.tuning, stored.flags)


def _folder_of(label: str) -> str:
    try:
        return chosen_variants(label)[0].folder
    except InputError:  # a scheme of the user's own, whose name is not known here
        return label


def _sweep(folder: Path, chip: ChipOf, network: Any, jobs: int) -> Repriced:
    """Every design priced and simulated again; trained ones with the activity that their rows kept."""
    from archsim.exploration.store.kept import reprice_sweep
    from archsim.report.sweep.files import write_sweep

    path = folder / "sweep.json"
    old = read_json(path) if path.is_file() else {"points": []}
    sweep, missing = reprice_sweep(folder, jobs)
    exported = next(
        (suffix for suffix in ("parquet", "csv") if (folder / f"points.{suffix}").is_file()), None
    )
    document = write_sweep(sweep, exported)
    repriced = Repriced(missing=missing)
    names = [axis["path"] for axis in document["axes"]]
    repriced.add("points", _points(old["points"], names), _points(document["points"], names))
    return repriced


def _points(points: list[dict], names: list[str]) -> list[dict]:
    """Points named by their design, without their place in the table."""
    return [
        {"design": f"{point['rung']}: " + ", ".join(f"{name}={point[name]}" for name in names)}
        | {
            name: value
            for name, value in point.items()
            # Its number and place on the front follow from all points: none is its own.
            if name not in (*names, "point", "rung", "front")
        }
        for point in points
    ]


def _study(folder: Path, chip: ChipOf, network: Any, jobs: int) -> Repriced:
    from archsim.studies.priced_tables import price_tables
    from archsim.studies.study_file import load_study

    return price_tables(load_study(folder / "study.toml"))


KINDS = {
    "training": _training,
    "run": _training,
    "comparison": _comparison,
    "sweep": _sweep,
    "study": _study,
}
"""What prices a folder again, by its kind."""
