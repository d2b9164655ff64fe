"""On which terms schemes were compared: what was the same for all, every trial of the tuning, and the
differences of two schemes by seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.report.comparison.view import ComparisonView
from archsim.report.drawing import format as fmt
from archsim.report.table import Column, Row, ShownTable

_UNITS = {"energy_per_image_j": "J", "latency_per_image_s": "s"}
_WORDS = {
    "accuracy_percent": "accuracy",
    "energy_per_image_j": "energy / image",
    "latency_per_image_s": "time / image",
}


def terms_told(view: ComparisonView) -> list[str]:
    """What was the same for all, in sentences; none for an older document, which does not say it."""
    terms = view.document["terms"]
    if not terms:
        return []
    formats = ", ".join(f"{path} {value}" for path, value in terms["number_format"].items())
    told = [f"Number format of the chip: {formats}."]
    epochs = "epoch" if terms["epochs"] == 1 else "epochs"
    told.append(
        f"{fmt.count(terms['images'])} training images, {terms['epochs']} {epochs}; "
        f"{fmt.count(terms['test_images'])} test images; always the most frequent class: "
        f"{terms['chance_percent']:.1f} %."
    )
    if terms["seeds"] > 1:
        last = terms["seed"] + terms["seeds"] - 1
        told.append(
            f"Accuracy is the mean over seeds {terms['seed']} to {last}, beside it the standard "
            "deviation; silicon is that of the first seed."
        )
    device = terms["device"]
    told.append(
        f"Every scheme on arrays trained on the device {device}."
        if device
        else "Every scheme trained on the device that its own file names, or that was named for it."
    )
    tuning = terms["tuning"]
    told.append(
        f"Tuned: {tuning['trials']} trials for every scheme, each on {fmt.count(tuning['images'])} images, "
        f"judged by {fmt.count(tuning['validation_images'])} others of the training set. The test "
        "set is in no trial."
        if tuning
        else "Nothing was tuned: rates are those that were named, or that each scheme suggests."
    )
    return told


def settings_told(settings: Mapping[str, Any]) -> str:
    """Settings of a trial in few words."""
    return ", ".join(
        f"{path.removeprefix('training.')} {_value(value)}" for path, value in settings.items()
    )


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(name: str, heading: str) -> Column:
    return Column(name, heading, lambda row: row.get(name), str, numeric=False)


def tuning_table(view: ComparisonView) -> ShownTable:
    """Every trial of every scheme; the one that was taken says so."""
    rows: list[Row] = []
    for entry in view.document["rows"]:
        tuning = entry["tuning"] or {"trials": ()}
        for trial in tuning["trials"]:
            taken = trial["number"] == tuning["chosen_trial"]
            rows.append(
                {
                    "label": entry["label"],
                    # Counted from one for people, from zero in the document.
                    "trial": trial["number"] + 1,
                    "validation_accuracy_percent": trial["validation_accuracy_percent"],
                    "settings": settings_told(trial["settings"]),
                    # A trial that did not run says why in its place.
                    "taken": "taken" if taken else trial["reason"],
                }
            )
    columns = (
        _text("label", "Scheme"),
        Column("trial", "Trial", lambda row: row["trial"], str),
        Column(
            "validation_accuracy_percent",
            "Accuracy on held-out images",
            lambda row: row["validation_accuracy_percent"],
            lambda value: f"{value:.2f} %" if fmt.is_number(value) else fmt.NONE,
        ),
        _text("settings", "Settings"),
        _text("taken", ""),
    )
    return ShownTable("tuning", "Trials of the tuning", columns, rows)


def paired_table(view: ComparisonView) -> ShownTable:
    """Differences of two schemes, paired by seed."""
    rows: list[Row] = []
    for pair in view.document["paired"]:
        rows.append(
            {
                "a": pair["a"],
                "b": pair["b"],
                "quantity": _WORDS.get(pair["quantity"], pair["quantity"]),
                "mean": pair["mean"],
                "standard_error": pair["standard_error"],
                "seeds": pair["seeds"],
                "difference": _difference(pair),
            }
        )
    columns = (
        _text("a", "Scheme"),
        _text("b", "less"),
        _text("quantity", "Quantity"),
        _text("difference", "Mean difference ± standard error"),
        Column("mean", "mean", lambda row: row["mean"], str, hidden=True),
        Column("standard_error", "error", lambda row: row["standard_error"], str, hidden=True),
        Column("seeds", "Seeds", lambda row: row["seeds"], str),
    )
    return ShownTable("paired", "Differences by seed", columns, rows)


def _difference(pair: Mapping[str, Any]) -> str:
    mean = pair["mean"]
    error = pair["standard_error"]
    if pair["quantity"] == "accuracy_percent":
        return f"{mean:+.2f} ± {error:.2f} points"
    unit = _UNITS.get(pair["quantity"], "")
    # `si` writes a hyphen for the minus sign, and none for the plus.
    sign = "−" if mean < 0 else "+"
    return f"{sign}{fmt.si(abs(mean), unit, 3)} ± {fmt.si(error, unit, 2)}"
