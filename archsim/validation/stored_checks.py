"""One kind of stored document held against what it says of itself."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from archsim.exploration.store.schema import check_metrics
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import SPACE_FILE, read_stored_space
from archsim.exploration.work.metrics import TRAINED
from archsim.run.result import Result
from hwlib.errors import InputError, StoredNote

_CLOSE = 1e-9


def check_result(path: Path) -> int:
    Result.load(path)
    return 1


def check_comparison(path: Path) -> int:
    from archsim.comparison.variants import chosen_variants
    from archsim.report.comparison.page import load_comparison

    whole = load_comparison(path)
    schemes = whole["schemes"]
    for row in whole["rows"]:
        for number, run in enumerate(row["seeds"]):
            _check_seed(path, row["label"], number, run)
    for index, document in enumerate(schemes):
        label = document.get("label")
        try:
            own = path.parent / chosen_variants(label)[0].folder if label else None
        except InputError:
            own = None  # a scheme of the user's own file, whose name is not known here
        if own is not None and (own / "result.json").is_file():
            stored = Result.load(own).document
            for key in ("area_mm2", "energy_j", "cycles", "accuracy_percent", "writes_per_device"):
                if stored.get(key) != document.get(key):
                    raise InputError(
                        "not what the result beside it says",
                        where=f"{path}: schemes[{index}].{key}",
                        got=document.get(key),
                        allowed=repr(stored.get(key)),
                    )
    return len(schemes)


def _check_seed(path: Path, label: str, number: int, run: dict[str, Any]) -> None:
    """Raises InputError where a seed of a row is not what the result of that training says."""
    from archsim.comparison.variants import chosen_variants

    try:
        own = path.parent / chosen_variants(label)[0].seed_folder(number, run["seed"])
    except InputError:
        return  # a scheme of the user's own file, whose name is not known here
    if not (own / "result.json").is_file():
        return
    stored = Result.load(own).document
    for key in ("accuracy_percent", "area_mm2", "energy_per_image_j", "latency_per_image_s"):
        if run[key] != stored.get(key):
            raise InputError(
                "not what the result beside it says",
                where=f"{path}: rows: {label}, seed {run['seed']}.{key}",
                got=run[key],
                allowed=repr(stored.get(key)),
            )


def check_trial(path: Path) -> int:
    from archsim.comparison.requests import read_trial

    read_trial(path)
    return 1


def check_space(path: Path) -> int:
    from archsim.exploration.space.load import load_space

    load_space(read_stored_space(path.parent))
    return 1


def check_store(path: Path) -> int:
    """Every row of every rung: its digest, its form, its ranges; and its numbers again where it
    keeps its run and the prices are these.
    """
    count = 0
    with Store(path.parent, writable=False) as store:
        for head, facts in enumerate(store.heads):
            again = _repricing(path.parent, facts)
            for row in store.rows(head):
                count += 1
                where = f"{path}: {facts['rung']} {row.key}"
                if row.metrics is None:
                    continue
                numbers = dict(zip(facts["metrics"], row.metrics))
                check_metrics(numbers, where)
                if again is not None and isinstance(row.extra.get("run"), dict):
                    # What a training came to cannot be priced again.
                    known = {name: value for name, value in numbers.items() if name not in TRAINED}
                    _compare(known, dict(zip(facts["metrics"], again(row))), where)
        if store.damaged:
            raise InputError(
                f"{store.damaged} damaged lines",
                where=str(path),
                hint="archsim explore SPACE.toml --resume works them out",
            )
        if store.torn:
            warnings.warn(
                StoredNote("the last line was torn (its process died writing it)"), stacklevel=1
            )
    return count


def _repricing(folder: Path, facts: dict[str, Any]) -> Callable | None:
    """The metrics of a row from its own run; None where its prices were others than those of this
    version.
    """
    from archsim.exploration.space.load import load_space
    from archsim.exploration.store.versions import code_version, figures_version
    from archsim.exploration.work.stored_runs import can_reprice, price_stored

    if (
        facts["code"] != code_version()
        or facts["figures"] != figures_version()
        or not (folder / SPACE_FILE).is_file()
    ):
        return None
    space = load_space(read_stored_space(folder))
    if list(space.paths) != facts["axes"] or not can_reprice(facts["metrics"]):
        return None
    return lambda row: price_stored(space.design(row.values), row.extra["run"], facts["metrics"])


def _compare(stored: dict[str, Any], again: dict[str, Any], where: str) -> None:
    for name, value in stored.items():
        other = again[name]
        same = value == other or (
            value is not None and other is not None and math.isclose(value, other, rel_tol=_CLOSE)
        )
        if not same:
            raise InputError(
                "does not follow from its own run",
                where=f"{where}.{name}",
                got=value,
                allowed=repr(other),
            )
