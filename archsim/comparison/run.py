"""Comparing update rules: equal terms for all, results kept as they come, what is finished never
trained again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from archsim.basics.call_options import read_options, shows_options
from archsim.basics.folders import folder_path, hold
from archsim.chip import load_architecture
from archsim.chip.standard import STANDARD_CHIP
from archsim.comparison.document import Comparison
from archsim.comparison.rounds import work_out
from archsim.comparison.split import split_of
from archsim.comparison.spread import run_apart, run_here
from archsim.comparison.terms import Terms, check_terms
from archsim.comparison.variants import Variant, chosen_variants
from archsim.comparison.work import Spread, Status, Work
from archsim.comparison.worker import Order
from archsim.readers.call_types import takes_its_types
from archsim.run.first_weights import first_of
from archsim.schemes.base import Scheme
from hwlib.errors import InputError
from workloads.datasets import Dataset, fit_dataset, load_dataset
from workloads.load import load_network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.run.trained_weights import Weights
    from workloads.network import Network

__all__ = ["ComparisonOptions", "ComparisonWords", "Status", "compare"]


class ComparisonWords(TypedDict, total=False):
    """Options of `compare`, as a type checker reads them in a call."""

    batch: int | None
    images: int | None
    weights: Weights
    seed: int
    node_nm: float | None
    folder: str | Path | None
    resume: bool
    progress: Callable[[Sequence[Status]], None] | None
    rate: float | None
    jobs: int | None
    seeds: int
    tune: int
    tune_images: int | None
    device: str | None
    cluster: str | None


@dataclass(frozen=True, kw_only=True)
class ComparisonOptions:
    """How `compare` goes about it; `compare` says what each field means."""

    batch: int | None = None
    images: int | None = None
    weights: Weights = None
    seed: int = 0
    node_nm: float | None = None
    folder: str | Path | None = None
    resume: bool = False
    progress: Callable[[Sequence[Status]], None] | None = None
    rate: float | None = None
    jobs: int | None = None
    seeds: int = 1
    tune: int = 0
    tune_images: int | None = None
    device: str | None = None
    cluster: str | None = None


@takes_its_types("chip", "data")
@shows_options(ComparisonOptions)
def compare(
    network: str | Path | Network,
    schemes: str | Scheme | Sequence[str | Scheme | Variant] | None = None,
    chip: str | Path | Architecture = STANDARD_CHIP,
    data: str | Path | Dataset = "digits",
    epochs: int = 1,
    **options: Unpack[ComparisonWords],
) -> Comparison:
    """Train and price every scheme on equal terms.

    With `folder` each training keeps its checkpoints and its result in a folder of its own, and
    compare.json what is finished. A scheme that the chip cannot run, or whose process died twice,
    is no error: it stands in `refused` with the reason.

    Args:
        network: a name, a path or a `Network`.
        schemes: names, texts with settings ("tiki_taka:version=agad", see `chosen_variants`) or
            schemes; None is all. Each trains with the learning rate and mini-batch that it
            suggests, unless it names others or they are tuned.
        chip: a name, a path or an `Architecture`.
        data: a name, an .npz file or a `Dataset`.
        epochs: times through the data.
        batch: images of a step, the same for all; None for what each suggests.
        images: trains on the first so many of the data only.
        weights: every scheme begins with, as `train` takes them; None for random ones.
        seed: of everything random.
        node_nm: node of the prices in nm; None for the chip's own.
        folder: keeps everything there; None keeps nothing.
        resume: takes finished trainings from `folder` and goes on with those that were interrupted.
        progress: gets the `Status` of all trainings several times a second.
        rate: learning rate, the same for all; None for what each suggests.
        jobs: processes at a time, each on one core; None trains one after the other in this
            process. No result depends on it.
        seeds: trainings of each scheme, of seed, seed + 1, ...
        tune: trials of each scheme over its rate and the settings that its file declares, on a part
            of the training set; 0 tunes nothing.
        tune_images: images that a trial trains on; None for up to 5,000.
        device: device of every scheme on arrays; None for each one's own.
        cluster: address of a dask scheduler, in place of processes.

    Returns:
        the `Comparison`.

    Raises:
        InputError: for unknown names and for settings that no scheme can run.
        KeyboardInterrupt: where the user stopped it.
    """
    chosen = read_options(ComparisonOptions, options, compare)
    variants = chosen_variants(schemes)
    chip = load_architecture(chip)
    network = load_network(network) if isinstance(network, str | Path) else network
    # fetched once; what does not fit together is refused once, before any scheme begins
    dataset = fit_dataset(network, load_dataset(data))
    terms = replace(_terms_of(chosen, epochs, dataset), first=first_of(network, chosen.weights))
    check_terms(variants, terms)
    folder = folder_path(chosen.folder) if chosen.folder is not None else None
    first = Order(variants[0], network, chip, data, terms, terms.seed, folder)
    shown = chosen.progress or (lambda _: None)
    spread = _spread_of(chosen, variants)
    with hold(folder, "comparison") if folder is not None else contextlib.nullcontext():
        work = Work(dataset, folder, chosen.resume, spread, shown)
        comparison = work_out(first, variants, work)
    return replace(comparison, notes=[*comparison.notes, *work.notes])


def _terms_of(chosen: ComparisonOptions, epochs: int, data: Dataset) -> Terms:
    split = None
    if chosen.tune:
        count = len(data.first(train=chosen.images).train_labels)
        split = split_of(count, chosen.seed, chosen.tune_images)
    elif chosen.tune_images is not None:
        raise InputError(
            "images for trials, but none is asked for",
            where="tune_images",
            got=chosen.tune_images,
            hint="name their number by tune",
        )
    return Terms(
        epochs=epochs,
        images=chosen.images,
        batch=chosen.batch,
        rate=chosen.rate,
        device=chosen.device,
        seed=chosen.seed,
        seeds=chosen.seeds,
        split=split,
        trials=chosen.tune,
        node_nm=chosen.node_nm,
    )


def _spread_of(chosen: ComparisonOptions, variants: Sequence[Variant]) -> Spread:
    """Where the trainings run."""
    if chosen.cluster:
        from archsim.comparison.cluster import run_on_cluster
        from archsim.schemes.own_file import refuse_unknown_there

        refuse_unknown_there(type(variant.scheme) for variant in variants)
        return partial(run_on_cluster, chosen.cluster)
    # No process of its own, so that a debugger and a notebook see the training.
    if chosen.jobs is None:
        return run_here
    jobs = chosen.jobs
    return lambda orders, told: run_apart(orders, jobs, told)
