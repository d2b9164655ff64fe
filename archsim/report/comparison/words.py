"""How verdicts are put in words, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archsim.report.drawing import format as fmt


class AskedInWords(NamedTuple):
    """A quantity of a verdict: its name and boundary in the document, and in words."""

    quantity: str
    boundary: str
    words: str
    best: str
    """What the winner has: "least energy an image"."""
    worse: str
    """What `a` does that `b` does not: "takes less energy"."""


QUANTITIES = (
    AskedInWords("accuracy_percent", "", "Accuracy", "most accurate", "is more accurate"),
    AskedInWords(
        "energy_per_image_j", "chip", "Energy an image, chip", "least energy", "takes less energy"
    ),
    AskedInWords(
        "energy_per_image_j",
        "system",
        "Energy an image, with memory",
        "least energy with memory",
        "takes less energy with its memory",
    ),
    AskedInWords("latency_per_image_s", "", "Time an image", "fastest", "is faster"),
    AskedInWords("area_mm2", "chip", "Area, chip", "smallest", "is smaller"),
    AskedInWords(
        "area_mm2",
        "system",
        "Area, with memory",
        "smallest with memory",
        "is smaller with its memory",
    ),
)


def share_text(share: float) -> str:
    """A share in whole percent; 100 and 0 only where it is all or nothing."""
    if 0 < share < 1:
        # 99.7 % of draws is not all of them.
        return f"{min(99, max(1, round(100 * share)))} %"
    return f"{100 * share:.0f} %"


def asked_of(item: Mapping[str, Any]) -> AskedInWords:
    """The quantity of a verdict or a winner."""
    key = item["quantity"], item["boundary"]
    for asked in QUANTITIES:
        if (asked.quantity, asked.boundary) == key:
            return asked
    # A document of a later version may ask for more than this one has words for.
    return AskedInWords(*key, " ".join(key), f"best {key[0]}", f"has the better {key[0]}")


def verdict_text(verdict: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One verdict as a sentence: "A takes less energy than B in 97 % of draws; decided by ..."."""
    a, b = (names.get(verdict[key], verdict[key]) for key in ("a", "b"))
    asked = asked_of(verdict)
    if verdict["verdict"] == "equal":
        return f"{a} and {b}: equal ({asked.words.lower()})"
    # "takes less energy than B with its memory", not "... with its memory than B".
    head, _, tail = asked.worse.partition(" with its")
    does = f"{head} than {b}" + (f" with its{tail}" if tail else "")
    share = share_text(verdict["share_of_draws"])
    sure = {
        "figures": f"in {share} of draws",
        "cycles": "in cycles, which rest on no figure",
        "seeds": f"with {share} by its seeds",
        "test set": f"with {share} by the test set of one seed",
    }[verdict["basis"]]
    return f"{a} {does} {sure}" + _decided(verdict)


def _decided(verdict: Mapping[str, Any]) -> str:
    """What decides, behind a semicolon; nothing where no figure does."""
    if verdict["basis"] != "figures":
        return ""
    if verdict["decided_by"]:
        return f"; decided by {verdict['decided_by']}"
    return "; decided by the counts, no figure alone"


def winner_text(winner: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The best of one quantity as a line: who, how sure, what decides."""
    label = names.get(winner["label"], winner["label"])
    equal = [names.get(one, one) for one in winner["equals"]]
    who = label + (f" (equal: {', '.join(equal)})" if equal else "")
    before = names.get(winner["runner_up"], winner["runner_up"])
    ahead = f", before {before}" if before else ""
    decides = f"; decided by {winner['decided_by']}" if winner["decided_by"] else ""
    return f"{who}, {sure_text(winner)}{ahead}{decides}"


def sure_text(winner: Mapping[str, Any]) -> str:
    """How sure a winner is, in words."""
    share = share_text(winner["share_of_draws"])
    # Cycles rest on no figure, so no draw can turn them.
    if winner["quantity"] == "latency_per_image_s":
        return "counted in cycles"
    return f"{share} sure" if winner["quantity"] == "accuracy_percent" else f"{share} of draws"


def guard_lines(guards: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> list[str]:
    """Why schemes enter no verdict, those of one reason together."""
    labels: dict[str, list[str]] = {}
    for label, reasons in guards.items():
        for reason in reasons:
            labels.setdefault(reason, []).append(names.get(label, label))
    return [f"{', '.join(some)}: {fmt.shorten(reason, 200)}" for reason, some in labels.items()]
