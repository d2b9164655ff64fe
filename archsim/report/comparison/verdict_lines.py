"""The verdicts of a comparison in the terminal: who wins what, how sure that is, who enters none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archsim.report.comparison.words import asked_of, guard_lines, verdict_text, winner_text

SO_FAR = "how it stood when the training ended, with those that have not settled (provisional, it may turn)"
_MOST = 6  # pairs that are told before the rest is left to the file


def print_verdicts(document: Mapping[str, Any], console: Any) -> None:
    """Print the winners, the pairs that the figures leave open, and the guards, of a document of
    `archsim compare`.
    """
    from rich.text import Text

    # An older document, or one that was interrupted: it has rows, and no verdicts.
    if not document["draws"]:
        return
    for line in verdict_lines(document):
        console.print(Text(line))


def verdict_lines(document: Mapping[str, Any]) -> list[str]:
    """The same as plain lines."""
    lines = []
    for winner in document["best"]:
        lines.append(f"{asked_of(winner).best}: {winner_text(winner, {})}")
    opened = [item for item in document["verdicts"] if item["verdict"] == "undecided"]
    lines += [f"open: {verdict_text(item, {})}" for item in opened[:_MOST]]
    if len(opened) > _MOST:
        lines.append(f"open: {len(opened) - _MOST} more pairs, in compare.json and its page")
    if not document["best"]:
        lines.append("no verdict: fewer than two schemes that nothing holds back")
    if document["provisional_best"]:
        lines.append(f"{SO_FAR}:")
    lines += [
        f"provisional, {asked_of(winner).best}: {winner_text(winner, {})}"
        for winner in document["provisional_best"]
    ]
    lines += [f"no verdict on {line}" for line in guard_lines(document["guards"], {})]
    return lines
