"""Training and silicon in one call: accuracy on the chip's arrays, and what that training costs
with the activity it had.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from archsim.basics.call_options import read_options, shows_options
from archsim.basics.folders import folder_path, hold, refuse_other
from archsim.chip import load_architecture
from archsim.readers.call_types import takes_its_types
from archsim.run.fact_tables import Row
from archsim.run.first_weights import first_inputs, first_of
from archsim.run.options import Bar, TrainingOptions, TrainingWords, Watch
from archsim.run.silicon_of_training import with_silicon
from archsim.run.simulation import simulate
from archsim.run.trained import Training
from archsim.run.training_start import TrainingTerms, training_start
from archsim.schemes import load_scheme
from archsim.training.inputs import inputs_of
from archsim.training.standing import HeldOut
from archsim.training.suggestions import suggested_for
from hwlib.errors import InputError
from workloads import load_network
from workloads.datasets import Dataset, fit_dataset, load_dataset

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.network import Network

CHECKPOINT = "checkpoint.json"


@takes_its_types("chip", "data")
@shows_options(TrainingOptions)
def train(
    network: str | Path | Network,
    chip: str | Path | Architecture | None = None,
    data: str | Path | Dataset = "digits",
    scheme: str | Scheme = "rpu",
    epochs: int = 10,
    batch: int | None = None,
    seed: int = 0,
    **options: Unpack[TrainingWords],
) -> Training:
    """Train a network on the arrays of a chip, then simulate training steps on that chip with the
    activity that training had.

    The read physics, converters and pulse trains are those of `chip` unless `settings` changes
    them; learning rate, mini-batch and first weights that nobody names are those that the scheme
    suggests, and the result says so (`training.suggested`). A first Ctrl-C ends the training and
    returns what was done.

    Args:
        network: a name, a path or a `Network`.
        chip: a name, a path or an `Architecture`; None for the scheme's own (`rpu` for the scheme
            rpu, else `cores40`).
        data: a name, an .npz file or a `Dataset`.
        scheme: the update rule, by name or as a `Scheme`.
        epochs: times through the data.
        batch: images of a step; None for what the scheme suggests.
        seed: of everything random; the same seed trains to the same bits.
        device: a preset, a law or a file; None for the chip's.
        settings: changes of the training ({"learning_rate": 0.02, "read.input_bits": 7}), or all
            of its settings.
        images: trains on the first so many of the data only.
        weights: to begin with, as `infer` takes them; None for random ones.
        folder: keeps checkpoints there.
        resume: goes on from the last checkpoint in `folder`, to the same bits.
        early_stop: ends after that many epochs without a lower test error.
        node_nm: node of the prices in nm; None for the chip's own.
        progress: progress(done, total, text) moves a bar.
        watch: gets the dicts of the training core instead (`archsim.training.loop.train`).

    Returns:
        the `Training`: accuracy, activity and silicon.

    Raises:
        InputError: for anything wrong in the input.
        KeyboardInterrupt: where the user ended it and nothing was done.
    """
    chosen = read_options(TrainingOptions, options, train)
    rule = load_scheme(scheme)
    chip = load_architecture(rule.default_chip if chip is None else chip)
    network = load_network(network) if isinstance(network, str | Path) else network
    suggested = suggested_for(rule, batch, chosen.settings)
    terms = TrainingTerms(epochs, batch, seed, chosen.device, chosen.settings)
    chip, rule, settings, trace, notes = training_start(network, chip, rule, terms)
    folder = _folder_for(chosen)
    # What cannot be priced is refused before hours of training.
    simulate(trace, chip, rule, node_nm=chosen.node_nm, timing=False)
    images = load_dataset(data, progress=chosen.progress, train=chosen.images)
    dataset = fit_dataset(network, images)
    from archsim.training import loop

    first = first_of(network, chosen.weights)
    inputs = inputs_of(network, chip, rule, settings, dataset) | first_inputs(first)
    with hold(folder, "training") if folder is not None else contextlib.nullcontext():
        trained = loop.train(
            network,
            dataset,
            settings,
            folder=folder,
            resume=chosen.resume,
            progress=_watch(chosen),
            early_stop=chosen.early_stop,
            inputs=inputs,
            first=first,
        )
    # Ended by the user before the first epoch was done: there is nothing to price.
    if not trained.activities:
        raise KeyboardInterrupt
    notes = [*dataset.notes, *notes]
    training = with_silicon(trained, trace, chip, rule, notes, chosen.node_nm, network)
    held_out = asdict(HeldOut.of_labels(dataset.test_labels, dataset.classes))
    own = {"suggested": suggested, "inputs": inputs, "test_set": held_out}
    training.result.document["training"] |= own
    return training


def _folder_for(options: TrainingOptions) -> Path | None:
    """The folder of a training's checkpoints. Raises InputError where it holds something else, or a
    training that is not to be gone on with.
    """
    if options.folder is None:
        return None
    folder = folder_path(options.folder)
    refuse_other(folder, "training")
    if not options.resume and (folder / CHECKPOINT).exists():
        raise InputError(
            "the folder holds a training already",
            where="folder",
            got=str(folder),
            hint="resume goes on with it; choose another folder for a new one",
        )
    return folder


def _watch(options: TrainingOptions) -> Watch | None:
    """What gets the progress of the training core: the caller's own, or its bar."""
    if options.watch or not options.progress:
        return options.watch
    return _bar(options.progress)


def _bar(progress: Bar) -> Watch:
    """The progress of the training core as that of a bar: images of all epochs, with the running
    error.
    """

    def report(now: Row) -> None:
        done = (now["epoch"] - 1) * now["images_per_epoch"] + now["images"]
        progress(
            done,
            now["epochs"] * now["images_per_epoch"],
            f"epoch {now['epoch']} of {now['epochs']}, running error "
            f"{now['running_error_percent']:.2f} %, {now['images_per_second']:,.0f} images/s",
        )

    return report
