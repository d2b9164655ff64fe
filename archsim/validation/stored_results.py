"""Stored results, sweeps, comparisons and checkpoints held against their digests, their own ledgers
and the conservation laws.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from archsim.exploration.store.store import FILE as STORE_FILE
from archsim.exploration.store.store import Store
from archsim.exploration.sweep import SPACE_FILE
from archsim.exploration.work.metrics import OTHER, PRICED, TIMED, TRAINED
from archsim.readers.call_types import takes_its_types
from archsim.readers.stored import read_stored
from archsim.training.checkpoints import load_checkpoint
from archsim.validation.stored_checks import (
    check_comparison,
    check_result,
    check_space,
    check_store,
    check_trial,
)
from hwlib.errors import InputError, StoredNote
from hwlib.text import html_table

MOST_FILES = 1_000_000


@dataclass(frozen=True)
class Finding:
    """One stored document. `verdict`: good; noted, where it was stored without what would prove it
    all; bad, where it is not what was written or does not agree with itself. `message` says why;
    `rows` is how many results, rows or arrays were looked at.
    """

    path: str
    kind: str
    verdict: str
    rows: int
    message: str = ""


@dataclass(frozen=True, repr=False)
class Verification:
    """What `verify` found, a `Finding` a document, in the order of their paths."""

    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """True where no document is bad."""
        return not self.count("bad")

    def count(self, verdict: str) -> int:
        """How many documents got a verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.count(word)} {word}" for word in ("good", "noted", "bad"))
        return f"Verification({counts})"

    def _repr_html_(self) -> str:
        heads = ("document", "kind", "verdict", "rows", "message")
        rows = [
            (finding.path, finding.kind, finding.verdict, finding.rows, finding.message)
            for finding in self.findings
        ]
        return f"<p><b>{escape(repr(self))}</b></p>{html_table(heads, rows)}"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "good": self.count("good"),
            "noted": self.count("noted"),
            "bad": self.count("bad"),
            "findings": [vars(finding) for finding in self.findings],
        }


@takes_its_types()
def verify(folder: str | Path) -> Verification:
    """Check every stored document in a folder and below it, or one file; nothing is written.

    A result is added up again from its own ledger and the prices that it keeps, never from the
    figures of today; every row of a sweep and every array of a checkpoint is held against its
    digest; the document of a sweep is held against its rows, and a comparison against the results
    beside it.

    Args:
        folder: where the documents lie, or one of them.

    Returns:
        the `Verification`: a finding a document, good, with a note, or bad.

    Raises:
        InputError: where there is nothing to verify.
    """
    findings = [_checked(path) for path in _documents(Path(folder))]
    if not findings:
        raise InputError(
            "nothing stored here",
            where=str(folder),
            allowed=sorted(_CHECKS),
            hint="name a folder that run, train, compare or explore wrote with --out",
        )
    return Verification(tuple(findings))


def _documents(target: Path) -> Iterator[Path]:
    try:
        if not target.exists():
            raise InputError("no such folder", where=str(target))
        if not target.is_dir():
            if target.name not in _CHECKS:
                raise InputError(
                    "not a stored document", where=str(target), allowed=sorted(_CHECKS)
                )
            yield target
            return
    except (OSError, ValueError) as fault:
        if isinstance(fault, InputError):
            raise
        raise InputError("cannot be opened", where=str(target)) from None
    count = 0
    for folder, below, files in os.walk(target):  # links are not followed
        below.sort()
        count += len(files)
        if count > MOST_FILES:
            raise InputError("too many files", where=str(target), allowed=f"up to {MOST_FILES}")
        yield from (Path(folder) / name for name in sorted(files) if name in _CHECKS)


def _checked(path: Path) -> Finding:
    kind, check = _CHECKS[path.name]
    with warnings.catch_warnings(record=True) as told:
        # Always: Python tells a warning of one line once, and every document has its own notes.
        warnings.simplefilter("always", StoredNote)
        try:
            rows = check(path)
        except InputError as fault:
            return Finding(str(path), kind, "bad", 0, fault.message)
    notes = [str(each.message) for each in told if issubclass(each.category, StoredNote)]
    return Finding(
        str(path), kind, "noted" if notes else "good", rows, "; ".join(dict.fromkeys(notes))
    )


def _sweep(path: Path) -> int:
    """The document against its own sums, and against the rows beside it."""
    from archsim.report.sweep.page import load_document

    document = load_document(path)
    if not (path.parent / STORE_FILE).is_file():
        return len(document["points"])
    paths = [axis["path"] for axis in document["axes"]]
    metrics = (*PRICED, *TIMED, *TRAINED, *OTHER)
    shown = {
        (point["rung"], *(point[name] for name in paths)): point for point in document["points"]
    }
    with Store(path.parent, writable=False) as store:
        for head, facts in enumerate(store.heads):
            # Rows of other versions lie in the same store; the document speaks of its own only.
            if (facts["code"], facts["figures"], facts["axes"]) != (
                document["code"],
                document["figures_version"],
                paths,
            ):
                continue
            for row in store.rows(head):
                point = shown.get((facts["rung"], *row.values))
                if point is None or row.metrics is None:
                    continue
                for name, number in zip(facts["metrics"], row.metrics):
                    if name in metrics and name in point and point[name] != number:
                        raise InputError(
                            "not what its row says",
                            where=f"{path}: point {point['point']}.{name}",
                            got=point[name],
                            allowed=repr(number),
                        )
    return len(document["points"])


def _checkpoint(path: Path) -> int:
    _, arrays = load_checkpoint(path.parent)
    return len(arrays)


def _request(path: Path) -> int:
    read_stored(path, "request", "request")
    return 1


_CHECKS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "result.json": ("result", check_result),
    "compare.json": ("comparison", check_comparison),
    "sweep.json": ("sweep", _sweep),
    STORE_FILE: ("rows of a sweep", check_store),
    SPACE_FILE: ("space", check_space),
    "checkpoint.json": ("checkpoint", _checkpoint),
    "trial.json": ("trial of a tuning", check_trial),
    "request.json": ("request", _request),
}
