"""Comparing update rules: equal terms for all, results kept as they come, what is finished never
trained again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from archsim.basics.call_options import read_options, shows_options
from archsim.basics.folders import folder_path, hold
from archsim.chip import load_architecture
from archsim.comparison.document import Comparison, by_reason
from archsim.comparison.requests import begin
from archsim.comparison.spread import run_apart, run_here
from archsim.comparison.terms import Terms
from archsim.comparison.variants import Variant, chosen_variants
from archsim.comparison.worker import Order, Outcome
from archsim.schemes.base import Scheme
from hwlib.errors import InputError
from workloads.datasets import Dataset, fit_dataset, load_dataset
from workloads.load import load_network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network


@dataclass
class Status:
    """Where a scheme is, for a display. `now` is what the training core says (see
    training.loop.train), empty before it begins.
    """

    label: str
    state: Literal["waiting", "running", "done", "refused", "lost", "interrupted"]
    now: dict[str, Any]
    accuracy_percent: float | None = None
    reason: str = ""


class ComparisonWords(TypedDict, total=False):
    """Options of `compare`, as a type checker reads them in a call."""

    batch: int | None
    images: int | None
    seed: int
    node_nm: float | None
    folder: str | Path | None
    resume: bool
    progress: Callable[[Sequence[Status]], None] | None
    rate: float | None
    jobs: int | None


@dataclass(frozen=True, kw_only=True)
class ComparisonOptions:
    """How `compare` goes about it; `compare` says what each field means."""

    batch: int | None = None
    images: int | None = None
    seed: int = 0
    node_nm: float | None = None
    folder: str | Path | None = None
    resume: bool = False
    progress: Callable[[Sequence[Status]], None] | None = None
    rate: float | None = None
    jobs: int | None = None


@shows_options(ComparisonOptions)
def compare(
    network: str | Path | Network,
    schemes: str | Scheme | Sequence[str | Scheme | Variant] | None = None,
    chip: str | Path | Architecture = "cim40",
    data: str | Path | Dataset = "digits",
    epochs: int = 1,
    **options: Unpack[ComparisonWords],
) -> Comparison:
    """Train and price every scheme on equal terms.

    With `folder` each scheme keeps its checkpoints and its result in a folder of its own, and
    compare.json what is finished. A scheme that the chip cannot run, or whose process died twice,
    is no error: it stands in `refused` with the reason.

    Args:
        network: a name, a path or a `Network`.
        schemes: names, texts with settings ("tiki_taka:version=agad", see `chosen_variants`) or
            schemes; None is all. Each trains with the learning rate and mini-batch that it
            suggests, unless it names others.
        chip: a name, a path or an `Architecture`.
        data: a name, an .npz file or a `Dataset`.
        epochs: times through the data.
        batch: images of a step, the same for all; None for what each suggests.
        images: trains on the first so many of the data only.
        seed: of everything random.
        node_nm: node of the prices in nm; None for the chip's own.
        folder: keeps everything there; None keeps nothing.
        resume: takes finished schemes from `folder` and goes on with those that were interrupted.
        progress: gets the `Status` of all schemes several times a second.
        rate: learning rate, the same for all; None for what each suggests.
        jobs: processes at a time, each on one core; None trains one after the other in this
            process. No result depends on it.

    Returns:
        the `Comparison`.

    Raises:
        InputError: for unknown names and for settings that no scheme can run.
        KeyboardInterrupt: where the user stopped it.
    """
    chosen = read_options(ComparisonOptions, options, "compare")
    variants = chosen_variants(schemes)
    _check_terms(variants, chosen.batch, chosen.rate)
    chip = load_architecture(chip)
    network = load_network(network) if isinstance(network, str | Path) else network
    # fetched once; what does not fit together is refused once, before any scheme begins
    dataset = fit_dataset(network, data if isinstance(data, Dataset) else load_dataset(data))
    folder = folder_path(chosen.folder) if chosen.folder is not None else None
    orders = [
        Order(
            variant=variant,
            network=network,
            chip=chip,
            data=data,
            epochs=epochs,
            batch=chosen.batch,
            rate=chosen.rate,
            images=chosen.images,
            seed=chosen.seed,
            node_nm=chosen.node_nm,
            folder=folder / variant.folder if folder is not None else None,
        )
        for variant in variants
    ]
    with hold(folder, "comparison") if folder is not None else contextlib.nullcontext():
        trained = dataset.first(train=chosen.images)
        beginning = begin(orders, trained, folder, chosen.resume)
        told = chosen.progress or (lambda _: None)
        terms = Terms(
            epochs,
            chosen.images,
            chosen.batch,
            chosen.rate,
            seed=chosen.seed,
            node_nm=chosen.node_nm,
        ).stated(chip, trained)
        comparison = _work_out(orders, beginning.outcomes, folder, told, chosen.jobs, terms)
    comparison.notes += beginning.notes
    return comparison


def _work_out(
    orders: Sequence[Order],
    outcomes: dict[int, Outcome],
    folder: Path | None,
    told: Callable[[Sequence[Status]], None],
    jobs: int | None,
    terms: dict[str, Any],
) -> Comparison:
    """What `outcomes` lacks is trained; the comparison in the order of its variants."""
    variants = [order.variant for order in orders]
    statuses = [Status(variant.label, "waiting", {}) for variant in variants]
    for number, outcome in outcomes.items():
        _note(statuses[number], outcome)
    waiting = [number for number in range(len(orders)) if number not in outcomes]
    left = [orders[number] for number in waiting]

    def moved(position: int, now: dict[str, Any]) -> None:
        status = statuses[waiting[position]]
        status.state = "running"
        status.now = now
        told(statuses)

    ended = run_here(left, moved) if jobs is None else run_apart(left, jobs, moved)
    for position, outcome in ended:
        number = waiting[position]
        outcomes[number] = outcome
        _note(statuses[number], outcome)
        told(statuses)
        if folder is not None and outcome.kind != "interrupted":
            _comparison(variants, outcomes, terms).save(folder)
    if len(outcomes) < len(orders) or any(
        outcome.kind == "interrupted" for outcome in outcomes.values()
    ):
        raise KeyboardInterrupt
    comparison = _comparison(variants, outcomes, terms)
    if not comparison.results and not comparison.lost:
        reasons = [
            f"{', '.join(labels)}: {reason}"
            for reason, labels in by_reason(comparison.refused).items()
        ]
        raise InputError(f"no scheme could be run: {'; '.join(reasons)}", where="schemes")
    if folder is not None:
        comparison.save(folder)
    return comparison


def _comparison(
    variants: Sequence[Variant], outcomes: dict[int, Outcome], terms: dict[str, Any]
) -> Comparison:
    ended = [(variants[number].label, outcomes[number]) for number in sorted(outcomes)]
    return Comparison(
        [outcome.document for _, outcome in ended if outcome.document is not None],
        {label: outcome.reason for label, outcome in ended if outcome.kind in ("refused", "lost")},
        [label for label, outcome in ended if outcome.kind == "lost"],
        terms=terms,
    )


def _note(status: Status, outcome: Outcome) -> None:
    status.state, status.reason = outcome.kind, outcome.reason
    if outcome.document is not None:
        status.accuracy_percent = outcome.document["accuracy_percent"]


def _check_terms(variants: Sequence[Variant], batch: int | None, rate: float | None) -> None:
    for variant in variants:
        for name, value in (("batch", batch), ("learning_rate", rate)):
            if value is not None and name in variant.training:
                raise InputError(
                    f"training.{name} is asked to be {value:g} for all schemes",
                    where=f"schemes: {variant.label}",
                    got=variant.training[name],
                )
