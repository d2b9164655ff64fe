"""The program's run beside the hand's: same operations, same cycles, same counts."""

from __future__ import annotations

import archsim
from archsim.schemes import load_scheme
from golden.chip import Chip
from golden.counts import one_by_one, rows_of, shared_counts
from golden.hand import Work, together
from golden.steps import Rule, expected
from tests.near import near


def by_place(rows: list[dict]) -> dict[tuple[str, str], dict[str, float]]:
    """Counts of a ledger by layer and phase, those of no layer under ("", "")."""
    counts: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        key = counts.setdefault((row["layer"], row["phase"]), {})
        if row["count"]:
            key[f"{row['component']}.{row['action']}"] = row["count"]
    return counts


def same_counts(rows: list[dict], work: list[Work], shared: dict[str, float]) -> None:
    """The ledger is that of the hand, entry by entry; every difference is named."""
    counted = by_place(rows)
    wanted = rows_of(work) | {("", ""): together(shared)}
    wrong = []
    for key in sorted(set(counted) | set(wanted)):
        ours, theirs = wanted.get(key, {}), counted.get(key, {})
        wrong += [
            f"{key} {name}: program {theirs.get(name, 0):g}, by hand {float(ours.get(name, 0)):g}"
            for name in sorted(set(ours) | set(theirs))
            if theirs.get(name, 0) != near(float(ours.get(name, 0)), rel=1e-9)
        ]
    assert not wrong, "\n".join(wrong)


def run_step(network, rule: Rule, chip: Chip, images: int, **further):
    """One training step of a batch of `images` on the chip."""
    scheme = load_scheme(rule.name, rule.settings)
    return archsim.simulate(
        network, chip.built(**further), scheme=scheme, phase="training", batch=images
    )


def check_step(network, layers, rule: Rule, chip: Chip, images: int = 2) -> None:
    """Operations in order with their cycles, the whole step, and every count; the same for what is
    done once before.
    """
    result = run_step(network, rule, chip, images)
    hand = expected(chip, layers, rule, images)
    work = [item for image in hand.images for item in image] + hand.batch
    spans = [(row["layer"], row["phase"], row["end"] - row["start"]) for row in result.timeline]
    assert spans == [(item.layer, item.phase, item.cycles) for item in work]
    cycles = one_by_one(chip, [item for image in hand.images for item in image], hand.batch)
    assert result.cycles == cycles
    values = images * layers[0].before
    same_counts(result.ledger, work, shared_counts(chip, work, cycles, values))
    once = one_by_one(chip, hand.setup)
    assert result.setup["cycles"] == once
    same_counts(result.setup["ledger"], hand.setup, shared_counts(chip, hand.setup, once, 0))
