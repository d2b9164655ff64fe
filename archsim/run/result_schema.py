"""The form of a result file, version 1, with its ranges, and the check of a file read from disk.
Nothing read is trusted.
"""

from __future__ import annotations

from collections import Counter

from archsim.cost.unpriced import check_unpriced, is_unpriced
from archsim.ledger.component import BOUNDARIES
from archsim.ledger.ledger import Ledger
from archsim.readers.form import check_form
from archsim.readers.versions import migrated
from archsim.run.fact_tables import Row
from archsim.run.result_forms import KINDS, LIMITED_BY, SCHEMA, SETUP, UNPRICED
from archsim.run.training_forms import INFERENCE, TRAINING, UNPRICED_TRAINING
from hwlib.errors import InputError, nearest

# What makes a row of a table the only one of its name.
_NAMED_BY = {
    "by_layer": ("layer", "phase"),
    "placement": ("layer",),
    "resources": ("name",),
    "figures": ("name",),
}


def check_document(document: object, where: str) -> Row:
    """The document, if it is a result of the version this archsim reads.

    Raises:
        InputError: with the field path, for anything else.
    """
    if not isinstance(document, dict):
        raise InputError("a result is a JSON object", where=where, got=document)
    if "schema" not in document:
        raise InputError("field 'schema' is missing: not a result of archsim run", where=where)
    document = migrated("result", document, f"{where}: ")
    unpriced = is_unpriced(document)
    check_form(document, UNPRICED if unpriced else SCHEMA, where, "")
    _check_rows_once(document, where)
    if "training" in document:
        check_form(document, UNPRICED_TRAINING if unpriced else TRAINING, where, "")
    if "inference" in document:
        check_form(document, INFERENCE, where, "")
    if unpriced:
        check_unpriced(document, where)
    if "tiles_without" in document:
        check_form(document["tiles_without"], {"*": "count"}, where, "tiles_without")
    if "kinds" in document:
        check_form(document["kinds"], KINDS, where, "kinds")
    if document.get("limited_by") is not None:
        check_form(document["limited_by"], LIMITED_BY, where, "limited_by")
    if "setup" in document:
        check_form(document["setup"], SETUP, where, "setup")
    names = _checked_inventory(document["inventory"], where)
    _check_ledger(document["ledger"], names, where, "ledger")
    _check_ledger(document.get("setup", {}).get("ledger", []), names, where, "setup.ledger")
    return document


def _check_rows_once(document: Row, where: str) -> None:
    for name, keys in _NAMED_BY.items():
        rows = [tuple(row[key] for key in keys) for row in document[name]]
        if len(set(rows)) < len(rows):
            twice = next(row for row, count in Counter(rows).items() if count > 1)
            raise InputError("a row twice", where=f"{where}: {name}", got=", ".join(twice))


def _checked_inventory(inventory: list[Row], where: str) -> list[str]:
    """The names of the components, each there once and within a boundary."""
    names = [row["component"] for row in inventory]
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise InputError("a component twice", where=f"{where}: inventory", got=twice)
    for index, row in enumerate(inventory):
        if row["boundary"] not in BOUNDARIES:
            raise InputError(
                "unknown boundary",
                where=f"{where}: inventory[{index}].boundary",
                got=row["boundary"],
                allowed=BOUNDARIES,
            )
    return names


def _check_ledger(rows: list[Row], components: list[str], where: str, name: str) -> None:
    known = set(components)
    for index, row in enumerate(rows):
        if row["component"] not in known:
            raise InputError(
                "not a component of the inventory",
                where=f"{where}: {name}[{index}].component",
                got=row["component"],
                allowed=sorted(components),
                hint=nearest(row["component"], components),
            )
    Ledger.from_rows(rows, f"{where}: {name}")
