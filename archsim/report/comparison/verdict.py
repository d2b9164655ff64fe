"""What the head of the page shows: who wins what, how sure that is and what decides; then every scheme
against the winner of each quantity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archsim.report.comparison.view import ComparisonView
from archsim.report.comparison.words import (
    QUANTITIES,
    AskedInWords,
    guard_lines,
    share_text,
    sure_text,
)
from archsim.report.drawing import format as fmt

# The share of draws from which a win counts as settled, as 5 to 95 % of the draws are a band.
_SURE = 0.95
_VALUE = {
    "accuracy_percent": "accuracy_percent",
    "latency_per_image_s": "latency_per_image_s",
    "energy_per_image_j chip": "energy_per_image_j",
    "energy_per_image_j system": "system_energy_per_image_j",
    "area_mm2 chip": "area_mm2",
    "area_mm2 system": "system_area_mm2",
}
_LINES = (
    ("Accuracy", "accuracy_percent"),
    ("Energy an image", "energy_per_image_j"),
    ("Time an image", "latency_per_image_s"),
    ("Area", "area_mm2"),
)


@dataclass(frozen=True, slots=True)
class Win:
    """The winner of one quantity. `share` is what its bar shows, `sure` the same in words; `open_`
    where the draws leave it open.
    """

    name: str
    number: int
    value: str
    share: float
    sure: str
    open_: bool
    note: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class StripLine:
    """One quantity of the strip: a win for both boundaries, or one for each."""

    words: str
    wins: tuple[Win, ...]


@dataclass(frozen=True, slots=True)
class StripCell:
    """One scheme in one quantity. `mark` is best, open or behind; empty where nothing is said."""

    value: str
    mark: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One scheme in all quantities."""

    number: int
    name: str
    cells: tuple[StripCell, ...]
    off_chip: str
    held_back: str


@dataclass(frozen=True, slots=True)
class VerdictPanel:
    """The head of the page. `provisional`: no two schemes are free of guards, so what is shown is
    how it stood. `so_far`: how it stood with those that have not settled, where there are verdicts
    without them.
    """

    provisional: bool
    lines: tuple[StripLine, ...]
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    held_back: list[str] = field(default_factory=list)
    draws: int = 0
    so_far: tuple[StripLine, ...] = ()


def verdict_panel(view: ComparisonView) -> VerdictPanel | None:
    """The panel of a comparison; None where it holds no verdicts (an older document, or one that
    was interrupted).
    """
    document = view.document
    if not document["draws"]:
        return None
    provisional = not document["best"]
    best = document["provisional_best" if provisional else "best"]
    pairs = [*document["verdicts"], *document["provisional"]]
    winners = {(item["quantity"], item["boundary"]): item for item in best}
    known = {row["label"]: row for row in view.rows}
    held = document["guards"]
    # A stable sort: those that may win keep their order and stand first.
    rows = sorted(view.rows, key=lambda row: bool(held.get(row["label"])))
    names = {row["label"]: row["name"] for row in view.rows}
    return VerdictPanel(
        provisional,
        _lines(best, known),
        tuple(asked.words for asked in QUANTITIES),
        tuple(
            _entry(
                row,
                # what is held back is measured against nobody where there are verdicts
                {} if held.get(row["label"]) and not provisional else winners,
                pairs,
                held.get(row["label"], []),
                known,
            )
            for row in rows
        ),
        guard_lines(held, names),
        document["draws"],
        () if provisional else _lines(document["provisional_best"], known),
    )


def _lines(
    winners: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]
) -> tuple[StripLine, ...]:
    """The strip of some winners, quantity by quantity."""
    lines = []
    for words, quantity in _LINES:
        wins = tuple(_win(item, known) for item in winners if item["quantity"] == quantity)
        if wins:
            lines.append(StripLine(words, wins))
    return tuple(lines)


def _win(winner: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Win:
    row = known[winner["label"]]
    equal = [known[label]["name"] for label in winner["equals"]]
    after = known[winner["runner_up"]]["name"] if winner["runner_up"] else ""
    words = [
        f"equal: {', '.join(equal)}" if equal else "",
        f"before {after}" if after else "",
        f"decided by {winner['decided_by']}" if winner["decided_by"] else "",
    ]
    boundary = {"chip": "on the chip", "system": "with its memory"}.get(winner["boundary"], "")
    if winner["boundary"] == "system" and row["off_chip"]:
        words.append(row["off_chip"])
    asked = AskedInWords(winner["quantity"], winner["boundary"], "", "", "")
    return Win(
        row["name"],
        row["number"],
        _value(row, asked),
        winner["share_of_draws"],
        sure_text(winner),
        winner["share_of_draws"] < _SURE,
        "; ".join(word for word in words if word),
        boundary,
    )


def _entry(
    row: Mapping[str, Any],
    winners: Mapping[tuple[str, str], Mapping[str, Any]],
    pairs: Sequence[Mapping[str, Any]],
    held: Sequence[str],
    known: Mapping[str, Mapping[str, Any]],
) -> Entry:
    cells = tuple(
        _cell(row, asked, winners.get((asked.quantity, asked.boundary)), pairs, known)
        for asked in QUANTITIES
    )
    return Entry(row["number"], row["name"], cells, row["off_chip"], "; ".join(held))


def _cell(
    row: Mapping[str, Any],
    asked: AskedInWords,
    winner: Mapping[str, Any] | None,
    pairs: Sequence[Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
) -> StripCell:
    value = _value(row, asked)
    if winner is None:
        return StripCell(value)
    if row["label"] in (winner["label"], *winner["equals"]):
        return StripCell(value, "best", f"best, {sure_text(winner)}")
    wanted = {row["label"], winner["label"]}
    for item in pairs:
        here = (item["quantity"], item["boundary"]) == (asked.quantity, asked.boundary)
        if here and {item["a"], item["b"]} == wanted:
            return _against(value, row, item, _distance(row, known[winner["label"]], asked))
    return StripCell(value)


def _distance(row: Mapping[str, Any], best: Mapping[str, Any], asked: AskedInWords) -> str:
    """How far a scheme is behind the best: a factor, points of accuracy."""
    key = _key_of(asked)
    mine, theirs = row[key], best[key]
    if asked.quantity == "accuracy_percent":
        return f"{mine - theirs:+.2f} points".replace("-", "−")
    # All other quantities are amounts, of which less is better: a factor says how far.
    return f"× {fmt.significant(mine / theirs, 3)}" if theirs else "behind"


def _key_of(asked: AskedInWords) -> str:
    return _VALUE.get(f"{asked.quantity} {asked.boundary}".strip(), asked.quantity)


def _against(
    value: str, row: Mapping[str, Any], item: Mapping[str, Any], distance: str
) -> StripCell:
    share = item["share_of_draws"]
    # The share is that of `a`, and the pair may stand either way round.
    mine = share if item["a"] == row["label"] else 1 - share
    if item["verdict"] == "equal":
        return StripCell(value, "open", "equal to the best")
    if item["verdict"] == "undecided":
        return StripCell(value, "open", f"open: ahead in {share_text(mine)}")
    return StripCell(value, "behind", f"behind: {distance}")


def _value(row: Mapping[str, Any], asked: AskedInWords) -> str:
    value = row[_key_of(asked)]
    if value is None:
        return fmt.NONE
    if asked.quantity == "accuracy_percent":
        spread = row.get("accuracy_std")
        return f"{value:.2f}" + (f" ± {spread:.2f}" if spread is not None else "") + " %"
    if asked.quantity == "area_mm2":
        return fmt.area(value, 3)
    unit = "J" if asked.quantity == "energy_per_image_j" else "s"
    return fmt.si(value, unit, 3)
