"""Published figures, one TOML file a source, each beside the run that gives the model's value."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import resources

from archsim.validation import isaac32, macros, rpu, stochastic, wu2023

FILES = ("wu2023", "isaac32", "rpu", "macros", "stochastic")
# name -> the model's value in the unit of the published one; (value, low, high) where prices with a
# range enter
MODELS: dict[str, Callable[[], float | tuple[float, ...]]] = {
    **wu2023.MODELS,
    **isaac32.MODELS,
    **rpu.MODELS,
    **macros.MODELS,
    **stochastic.MODELS,
}


def load_published() -> dict[str, dict]:
    """The published figures by name.

    `tolerance` is a relative difference; "range": the published figure has to lie between the low
    and the high of the model's own figures; "below": the model has to lie below it. `kind`
    predicted: nothing in the model was fitted to that figure; calibrated: the figure, or what it is
    made of, went in. `confidence` says how the figure was read.
    """
    found = {}
    for name in FILES:
        text = (resources.files("archsim.validation") / f"{name}.toml").read_text(encoding="utf-8")
        for table, entries in tomllib.loads(text).items():
            found |= {f"{table}.{key}": entry for key, entry in entries.items()}
    return found


def run_checks(
    progress: Callable[[float, float, str], None] | None = None,
) -> list[dict[str, object]]:
    """Simulate and compare. Rows: name, title, source, place, published, model, model_range (None
    where no range of prices enters), unit, relative_difference (model / published - 1), tolerance,
    criterion, within, kind, confidence, note.

    `criterion` is relative, range or below (see `load_published`); for range the tolerance is the
    larger distance of the model's low or high from the published figure, for below it is 1.
    """
    published = load_published()
    if set(published) != set(MODELS):
        raise RuntimeError(
            f"published figures without a model or the reverse: {sorted(set(published) ^ set(MODELS))}"
        )
    rows = []
    for index, (name, entry) in enumerate(published.items()):
        if progress:
            progress(index, len(published), entry["title"])
        rows.append(compare(name, entry, MODELS[name]()))
    return rows


def compare(name: str, entry: dict, found: float | tuple[float, ...]) -> dict[str, object]:
    """One row from a published entry and what the model gives."""
    model, low, high = found if isinstance(found, tuple) else (found, None, None)
    target, tolerance = entry["published"], entry["tolerance"]
    difference = model / target - 1
    criterion = tolerance if isinstance(tolerance, str) else "relative"
    if tolerance == "range":
        within = low <= target <= high
        tolerance = max(abs(low / target - 1), abs(high / target - 1))
    elif tolerance == "below":
        within, tolerance = model <= target, 1.0
    else:
        within = abs(difference) <= tolerance
    return {
        "name": name,
        "title": entry["title"],
        "source": entry["source"],
        "place": entry["place"],
        "published": target,
        "model": model,
        "model_range": None if low is None else [low, high],
        "unit": entry["unit"],
        "relative_difference": difference,
        "tolerance": tolerance,
        "criterion": criterion,
        "within": within,
        "kind": entry["kind"],
        "confidence": entry["confidence"],
        "note": entry.get("note", ""),
    }
