"""The form of compare.json, and the check of one read from disk. Nothing read is trusted."""

from __future__ import annotations

from typing import Any

from archsim.readers.form import Form, check_form
from archsim.readers.versions import migrated
from archsim.run.fact_tables import Row
from archsim.run.result_schema import check_document
from hwlib.errors import InputError, nearest

# What `archsim compare` may add to a scheme.
COMPARED: dict[str, Form] = {
    "label": "text?",
    "scheme_title": "text?",
    "extra_memory_bits": "amount?",
    "images_per_second": "amount?",
}

# What `archsim compare` says beside the results: the seeds, the tuning and the device of a scheme,
# and the differences of two schemes by seed.
_SEED: dict[str, Form] = {
    "seed": "whole",
    "images": "count",
    "accuracy_percent": "percent?",
    "area_mm2": "amount?",
    "power_uw": "amount?",
    "energy_per_image_j": "amount?",
    "latency_per_image_s": "amount?",
    "writes_per_device": "amount?",
    "images_per_second": "amount?",
    "boundaries": "any",
    "test_error_percent": ["percent"],
}
_TRIAL: dict[str, Form] = {
    "number": "count",
    "settings": {"*": "scalar"},
    "validation_accuracy_percent": "percent?",
    "reason": "text",
}
_VERDICT: dict[str, Form] = {
    "a": "text",
    "b": "text",
    "quantity": "text",
    "boundary": "text",
    "share_of_draws": "share",
    "decided_by": "text",
    "explained?": "share",
    "basis": "text",
    "difference": "number",
    "verdict": "text",
}
_WINNER: dict[str, Form] = {
    "quantity": "text",
    "boundary": "text",
    "label": "text",
    "equals": ["text"],
    "share_of_draws": "share",
    "runner_up": "text",
    "decided_by": "text",
}
COMPARED_ROWS: dict[str, Form] = {
    "verdicts": [_VERDICT],
    "best": [_WINNER],
    "provisional": [_VERDICT],
    "provisional_best": [_WINNER],
    "bands": [
        {
            "label": "text",
            "quantity": "text",
            "boundary": "text",
            "low": "amount",
            "median": "amount",
            "high": "amount",
        }
    ],
    "guards": {"*": ["text"]},
    "draws": "count",
    "terms": {"*": "any"},
    "rows": [
        {
            "label": "text",
            "scheme": "text",
            "device": "text",
            "accuracy_percent": "percent?",
            "accuracy_std": "amount?",
            "seeds": [_SEED],
            "tuning?": {"trials": [_TRIAL], "chosen_trial": "count", "chosen": {"*": "scalar"}},
            "flags": ["text"],
        }
    ],
    "paired": [
        {
            "a": "text",
            "b": "text",
            "quantity": "text",
            "seeds": "some",
            "mean": "number",
            "standard_error": "amount",
        }
    ],
}


def check_comparison(document: object, where: str) -> Row:
    """The form of a comparison: {"schemes": [result of a training], "refused": {name: reason},
    "terms", "rows", "paired"}.

    Raises:
        InputError: with the field path, for anything else.
    """
    if not isinstance(document, dict):
        raise InputError("a comparison is a JSON object", where=where, got=document)
    for name, kind in (("schemes", list), ("refused", dict)):
        if not isinstance(document.get(name), kind):
            raise InputError(
                f"field '{name}' is missing or of another kind: not a comparison of archsim compare",
                where=where,
            )
    # `compare` never writes one, so a file without schemes was cut by hand.
    if not document["schemes"]:
        raise InputError("a comparison without a scheme", where=f"{where}: schemes")
    # Before the form is checked, which is that of today.
    document = migrated("comparison", document, f"{where}: ")
    schemes: list[dict[str, Any]] = []
    for index, entry in enumerate(document["schemes"]):
        path = f"schemes[{index}]"
        schemes.append(check_document(entry, f"{where}: {path}"))
        if "training" not in entry:
            raise InputError(
                "field 'training' is missing: this scheme was not trained", where=f"{where}: {path}"
            )
        for name, form in COMPARED.items():
            check_form(entry.get(name), form, where, f"{path}.{name}")
    check_form(document["refused"], {"*": "text"}, where, "refused")
    check_form(document, COMPARED_ROWS, where)
    _check_rows_of(document["rows"], schemes, where)
    _check_verdicts(document, where)
    return document | {"schemes": schemes}


def _check_rows_of(rows: list[Row], schemes: list[Row], where: str) -> None:
    """Raises InputError where rows and results are not of the same schemes, or the first seed of a
    row is not its result.
    """
    labels = [entry.get("label") or entry["scheme"] for entry in schemes]
    # In order as well: readers pair them by position.
    if [row["label"] for row in rows] != labels:
        raise InputError(
            "rows and schemes are not the same",
            where=f"{where}: rows",
            got=[row["label"] for row in rows],
            allowed=labels,
        )
    for index, (row, entry) in enumerate(zip(rows, schemes)):
        first = row["seeds"][0]["accuracy_percent"] if row["seeds"] else None
        # The two are written from one number; where they differ, rows of another comparison were
        # pasted in.
        if first != entry.get("accuracy_percent"):
            raise InputError(
                "the first seed is not the result of the scheme",
                where=f"{where}: rows[{index}].seeds",
                got=first,
                allowed=entry.get("accuracy_percent"),
            )


def _check_verdicts(document: Row, where: str) -> None:
    """Raises InputError for a verdict on a scheme that is none of the rows, or that a guard holds
    back.
    """
    labels = {row["label"] for row in document["rows"]}
    # A verdict on a scheme that is held back would pass for settled in a report.
    judged = labels - set(document["guards"])
    for name in ("verdicts", "best", "provisional", "provisional_best", "bands"):
        known = judged if name in ("verdicts", "best") else labels
        for index, item in enumerate(document[name]):
            keys = ("a", "b") if "a" in item else ("label",)
            for key in keys:
                if item[key] not in known:
                    raise InputError(
                        "not a scheme that has a verdict",
                        where=f"{where}: {name}[{index}].{key}",
                        got=item[key],
                        allowed=sorted(known),
                        hint=nearest(item[key], known),
                    )
