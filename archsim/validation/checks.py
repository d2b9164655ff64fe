"""Published figures, one TOML file a source, each beside the run that gives the model's value."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

from archsim.cost.spread import Spread
from archsim.readers.call_types import takes_its_types
from archsim.readers.documents import parse_toml
from archsim.validation import isaac32, isaac_predicted, macros, rpu, stochastic, wu2023
from archsim.validation.chips.figures import chip_rows
from archsim.validation.model import Model

FILES = ("wu2023", "isaac32", "rpu", "macros", "stochastic", "accuracy")
Row = dict[str, Any]
QUANTITIES = ("time", "area", "energy", "accuracy", "count")
_BY_UNIT = {
    "mm2": "area",
    **dict.fromkeys(("ns", "us", "ms", "TOp/s", "GB/s"), "time"),
    **dict.fromkeys(("uW", "mW", "W", "pJ", "nJ", "uJ", "TOp/s/W"), "energy"),
    "1": "count",
}
"""What a figure of a unit is about, where its entry does not say it."""
MODELS: dict[str, Model] = {
    **wu2023.MODELS,
    **isaac32.MODELS,
    **isaac_predicted.MODELS,
    **rpu.MODELS,
    **macros.MODELS,
    **stochastic.MODELS,
}


def load_published() -> dict[str, Row]:
    """The published figures by name.

    `tolerance` is a relative difference; "range": the published figure has to lie between the low
    and the high of the model's own figures; "below": the model has to lie below it. `kind`
    predicted: nothing in the model was fitted to that figure; calibrated: the figure, or what it is
    made of, went in. `confidence` says how the figure was read. `trained`: the model's value of a
    stored training, `study` and `row` under reports/ that hold it; all others are worked out now.
    """
    published: dict[str, Row] = {}
    for name in FILES:
        text = (resources.files("archsim.validation") / f"{name}.toml").read_text(encoding="utf-8")
        for table, entries in parse_toml(text, f"{name}.toml").items():
            published |= {f"{table}.{key}": entry for key, entry in entries.items()}
    return published


@takes_its_types()
def run_checks(progress: Callable[[float, float, str], None] | None = None) -> list[Row]:
    """Published figures beside what the model gives, simulated now.

    `criterion` is relative, range or below (see `load_published`); for range the tolerance is the
    larger distance of the model's low or high from the published figure, for below it is 1.

    Args:
        progress: progress(done, total, title) moves a bar.

    Returns:
        a row a figure: name, title, source, place, published, model, model_range (None where no
            range of prices enters), unit, relative_difference (model / published - 1), tolerance,
            criterion, within, kind, confidence, note, quantity (time, area, energy, accuracy or count). The
            kind of a fabricated chip that converters were fitted to is cross-validated: it is
            priced without its own rows, and its range is 5 to 95 % of the draws, where that of
            the others are bounds.

    Raises:
        RuntimeError: for a published figure without a model, or the reverse.
    """
    published = load_published()
    computed = {name for name, entry in published.items() if "trained" not in entry}
    if computed != set(MODELS):
        raise RuntimeError(
            f"published figures without a model or the reverse: {sorted(computed ^ set(MODELS))}"
        )
    rows = []
    for index, (name, entry) in enumerate(published.items()):
        if progress:
            progress(index, len(published) + 1, entry["title"])
        given = entry["trained"] if "trained" in entry else MODELS[name]()
        rows.append(compare(name, entry, given))
    if progress:
        # All chips are one step of the bar: their draws are priced together.
        progress(len(published), len(published) + 1, "fabricated chips")
    return rows + chip_rows()


def compare(name: str, entry: Row, given: float | Spread) -> Row:
    """One row from a published entry and what the model gives."""
    span = given if isinstance(given, Spread) else None
    model = given.value if isinstance(given, Spread) else given
    target = entry["published"]
    tolerance = entry["tolerance"]
    # Relative to the published figure, which is the one that is given.
    difference = model / target - 1
    criterion = tolerance if isinstance(tolerance, str) else "relative"
    if tolerance == "range":
        if span is None:
            raise RuntimeError(f"the model of {name} has no range")
        within = span.low <= target <= span.high
        tolerance = max(abs(span.low / target - 1), abs(span.high / target - 1))
    # Papers that bound a figure ("less than") give no value to be near to.
    elif tolerance == "below":
        within = model <= target
        tolerance = 1.0
    else:
        within = abs(difference) <= tolerance
    return {
        "name": name,
        "title": entry["title"],
        "source": entry["source"],
        "place": entry["place"],
        "published": target,
        "model": model,
        "model_range": None if span is None else [span.low, span.high],
        "unit": entry["unit"],
        "relative_difference": difference,
        "tolerance": tolerance,
        "criterion": criterion,
        "within": within,
        "kind": entry["kind"],
        "confidence": entry["confidence"],
        "note": entry.get("note", ""),
        "quantity": entry.get("quantity") or _BY_UNIT[entry["unit"]],
    }
