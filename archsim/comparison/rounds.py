"""The two rounds of a comparison: trials that tune, then the seeds with what they chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from archsim.comparison.document import Comparison, by_reason
from archsim.comparison.requests import refuse_begun
from archsim.comparison.rows import SchemeRuns, TrialRecord, TuningRecord, seed_facts
from archsim.comparison.tuning import chosen_of, drawn_settings, with_settings
from archsim.comparison.variants import Variant
from archsim.comparison.work import Work
from archsim.comparison.worker import Order, Outcome
from archsim.run.fact_tables import Row
from hwlib.errors import InputError


def work_out(first: Order, variants: Sequence[Variant], work: Work) -> Comparison:
    """Trials, then seeds; the comparison in the order of its variants. `first` is the order of which
    all others are made.
    """
    terms = first.terms
    folder = work.folder
    trials = [trial for variant in variants for trial in _trials_of(first, variant, folder)]
    # Before the trials, so that a folder in use is refused at once and the display knows the whole
    # work.
    planned = [order for variant in variants for order in _seeds_of(first, variant, folder)]
    refuse_begun([*trials, *planned], folder, work.resume)
    work.expect([order.label for order in (*trials, *planned)])
    stated = terms.stated(first.chip, work.data.first(train=terms.images))
    tunings: dict[str, TuningRecord | None] = {}
    refused: dict[str, Outcome] = {}
    if trials:
        outcomes = work.round(trials, lambda _: None)
        tunings, refused = _tuned(variants, trials, outcomes)
    orders = [
        replace(order, variant=with_settings(order.variant, tuning.chosen), tuned=True)
        # A scheme that can't be tuned at all has no trial to choose from and is refused as a whole.
        if (tuning := tunings.get(order.variant.label))
        else order
        for order in planned
        if order.variant.label not in refused
    ]

    def gathered(outcomes: dict[int, Outcome]) -> Comparison:
        by_order = [(orders[number], outcomes[number]) for number in sorted(outcomes)]
        return replace(_comparison(variants, by_order, tunings, refused), terms=stated)

    def keep(outcomes: dict[int, Outcome]) -> None:
        if folder is not None:
            # After every training: a comparison that is killed overnight has a table of what it
            # reached.
            gathered(outcomes).save(folder)

    outcomes = work.round(orders, keep)
    comparison = gathered(outcomes)
    # An empty table would look like an answer. Losses are told by the exit code.
    if not comparison.results and not comparison.lost:
        reasons = [
            f"{', '.join(labels)}: {reason}"
            for reason, labels in by_reason(comparison.refused).items()
        ]
        raise InputError(f"no scheme could be run: {'; '.join(reasons)}", where="schemes")
    # Only at the end, since the draws take seconds and a verdict on half of the schemes says who
    # was trained first.
    comparison = comparison.judge()
    if folder is not None:
        comparison.save(folder)
    return comparison


def _trials_of(first: Order, variant: Variant, folder: Path | None) -> list[Order]:
    if not first.terms.trials:
        return []
    return [
        replace(
            first,
            variant=with_settings(variant, settings),
            settings=settings,
            trial=number,
            folder=folder / variant.trial_folder(number) if folder is not None else None,
        )
        for number, settings in enumerate(drawn_settings(variant, first.terms))
    ]


def _seeds_of(first: Order, variant: Variant, folder: Path | None) -> list[Order]:
    seeds = range(first.seed, first.seed + first.terms.seeds)
    return [
        replace(
            first,
            variant=variant,
            seed=seed,
            folder=folder / variant.seed_folder(number, seed) if folder is not None else None,
        )
        for number, seed in enumerate(seeds)
    ]


def _tuned(
    variants: Sequence[Variant], trials: Sequence[Order], outcomes: dict[int, Outcome]
) -> tuple[dict[str, TuningRecord | None], dict[str, Outcome]]:
    """The tuning of each label, and what became of those of which no trial could be trained."""
    tunings: dict[str, TuningRecord | None] = {}
    refused: dict[str, Outcome] = {}
    for variant in variants:
        own = [
            (order, outcomes[number])
            for number, order in enumerate(trials)
            if order.variant.label == variant.label
        ]
        tunings[variant.label] = chosen_of([_record(order, outcome) for order, outcome in own])
        if tunings[variant.label] is None:
            # All trials failed, mostly for one reason; the first stands for them.
            refused[variant.label] = own[0][1]
    return tunings, refused


def _record(order: Order, outcome: Outcome) -> TrialRecord:
    accuracy = (outcome.document or {}).get("validation_accuracy_percent")
    assert order.trial is not None
    return TrialRecord(order.trial, order.settings, accuracy, outcome.reason)


def _comparison(
    variants: Sequence[Variant],
    ended: Sequence[tuple[Order, Outcome]],
    tunings: dict[str, TuningRecord | None],
    refused: dict[str, Outcome],
) -> Comparison:
    """What is known so far: schemes of which every seed has ended."""
    results: list[Row] = []
    reasons: dict[str, str] = {}
    lost: list[str] = []
    runs: dict[str, SchemeRuns] = {}
    for variant in variants:
        label = variant.label
        own = [(order, outcome) for order, outcome in ended if order.variant.label == label]
        failed = [outcome for _, outcome in own if outcome.kind in ("refused", "lost")]
        if label in refused:
            failed = [refused[label]]
        documents = [outcome.document for _, outcome in own if outcome.document is not None]
        # One lost seed takes the scheme out: to drop it would favour schemes that fail on hard
        # seeds.
        if failed:
            reasons[label] = failed[0].reason
            if failed[0].kind == "lost":
                lost.append(label)
        # A mean over the seeds that happen to have ended would be compared with means over all.
        elif documents and len(documents) == own[0][0].terms.seeds:
            results.append(documents[0])
            runs[label] = SchemeRuns(
                [seed_facts(document) for document in documents], tunings.get(label)
            )
    return Comparison(results, reasons, lost, runs=runs)
