"""The document of a result that was stored: found, read and proven."""

from __future__ import annotations

import os
from pathlib import Path

from archsim.cost.added_up import check_sums
from archsim.readers.digest import note, read_document
from archsim.readers.files import reason
from archsim.run.fact_tables import Row
from archsim.run.result_schema import check_document
from hwlib.errors import InputError


def stored_document(path: str | Path) -> Row:
    """The document of a result file, or of a folder with a result.json; see `Result.load`."""
    path = Path(path)
    try:
        path = path / "result.json" if path.is_dir() else path
        missing = not os.path.lexists(path)
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot read the result ({reason(fault)})", where=str(path)) from None
    if missing:
        raise InputError(
            "no such result", where=str(path), hint="write one with: archsim run NETWORK --out DIR"
        )
    return proven(*read_document(path, "result"), str(path))


def proven(document: object, sealed: bool, where: str) -> Row:
    """A result's document that was read, without its digest, which it had where it is `sealed`:
    checked against its form and its sums.

    Raises:
        InputError: for the first thing that is not as it must be.
    """
    checked = check_document(document, where)
    added_up = check_sums(checked, where)
    missing = [word for word, there in (("digest", sealed), ("prices", added_up)) if not there]
    if missing:
        note(
            f"{where}: stored without {' and '.join(missing)}; "
            + ("its sums were checked" if not added_up else "its ledger was added up again")
        )
    return checked
