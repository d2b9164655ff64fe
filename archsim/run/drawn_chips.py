"""Right answers of chips that are drawn anew, and of exact arithmetic."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archsim.run.inference_options import InferenceOptions
from archsim.soc.data.batched import TileReader, chunk_of, forward_batch
from archsim.soc.data.exact_reads import exact_reader
from archsim.soc.data.running_statistics import RunningStatistics, measured_layers
from archsim.soc.data.tile_data import TileData
from archsim.training.statistics import drawn_images
from hwlib.errors import InputError
from workloads.datasets import Dataset
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.devices.held_weights import Holder
    from archsim.run.prepared_run import PreparedRun

ACTIVITY_IMAGES = 64  # images of the first chip whose reads are counted


class TestSet(NamedTuple):
    """Images (images, *shape) that are tested, their classes, those that set the ranges, and all of
    the training, of which a chip may measure statistics.
    """

    images: np.ndarray
    labels: np.ndarray
    calibration: np.ndarray
    training: np.ndarray


class Accuracies(NamedTuple):
    """Percent of right answers: of each drawn chip, and in exact arithmetic; the first chip, which
    counted what its reads met."""

    drawn: list[float]
    reference: float
    counted: TileData


def tested_images(network: Network, dataset: Dataset, options: InferenceOptions) -> TestSet:
    """The first images of a data set, as many as are asked for, for a network of one input."""
    inputs = [layer.name for layer in network.layers if layer.operator == "input"]
    # Which input should have the image isn't known, and the others would have nothing.
    if len(inputs) > 1:
        raise InputError(
            "a data set has one image for a network of one input",
            where=network.name,
            got=", ".join(inputs),
        )
    known = len(dataset.test_labels)
    count = known if options.images is None else options.images
    if count > known:
        raise InputError(
            "not that many test images", where="images", got=count, allowed=f"1 to {known}"
        )
    return TestSet(
        np.ascontiguousarray(dataset.test_images[:count], np.float32),
        dataset.test_labels[:count],
        # Ranges that were set on test images would know what they are to meet.
        np.ascontiguousarray(dataset.train_images[: options.calibration], np.float32),
        dataset.train_images,
    )


def right_answers(outputs: np.ndarray, labels: np.ndarray) -> int:
    """How many labels (images,), (images, steps), (images, height, width) or (images, depth, height,
    width) are the largest of outputs (images, classes), (images, steps, classes) or (images,
    classes, ...); of a sequence with one label the last step answers.
    """
    asked = outputs[:, -1] if outputs.ndim > labels.ndim + 1 else outputs
    axis = 1 if labels.ndim > 2 else -1
    return int((asked.argmax(axis=axis) == labels).sum())


def measure_accuracies(
    network: Network,
    prepared: PreparedRun,
    tested: TestSet,
    tensors: dict[str, dict[str, np.ndarray]],
    holder: Holder | None,
    options: InferenceOptions,
) -> Accuracies:
    """Test every chip that is drawn, and exact arithmetic."""
    source = network.layers[0].name
    chunk = chunk_of(network)
    starts = range(0, len(tested.images), chunk)
    total = len(tested.images) * (options.seeds + 1)
    # Views and not copies.
    pieces = {first: {source: tested.images[first : first + chunk]} for first in starts}
    exact = exact_reader(tensors)

    def percent(test: Any, done: int, alone: bool) -> float:
        """Right answers of `test`, which gives the outputs of the images from a number on."""
        right = 0
        # Threads do, as NumPy and the compiled reads leave the interpreter's lock. A device that
        # each read disturbs has to be read in order.
        with ThreadPoolExecutor(1 if alone else _cores()) as pool:
            for first, outputs in zip(starts, pool.map(test, starts)):
                labels = tested.labels[first : first + chunk]
                right += right_answers(outputs, labels)
                if options.progress is not None:
                    options.progress(done + first + len(labels), total, network.name)
        return 100 * right / tested.labels.size

    reference = percent(
        lambda first: forward_batch(network, pieces[first], tensors, exact), 0, False
    )
    drawn: list[float] = []
    counted: TileData | None = None
    for draw in range(options.seeds):
        # So one chip more doesn't change the chips before it.
        values = _chip(network, prepared, tested, tensors, holder, options.seed + draw)
        # Reads of the images that are tested come behind those that the statistics were measured on.
        before = options.normalisation_images
        measure_on_chip(values, tested.training, before, options.seed + draw)
        alone = any(reader.is_disturbed for reader in values.physics.values())
        if counted is None:
            counted = values
            # Counting slows a read down, and means over some dozens of images hardly move any more.
            for first in starts[: -(-ACTIVITY_IMAGES // chunk)]:
                TileReader(values, before + first, True).forward(pieces[first])

        def test(first: int, on: TileData = values) -> np.ndarray:
            return TileReader(on, options.normalisation_images + first, False).forward(
                pieces[first]
            )

        drawn.append(percent(test, len(tested.images) * (draw + 1), alone))
    assert counted is not None  # at least one chip is drawn
    return Accuracies(drawn, reference, counted)


def _chip(
    network: Network,
    prepared: PreparedRun,
    tested: TestSet,
    tensors: dict[str, dict[str, np.ndarray]],
    holder: Holder | None,
    seed: int,
) -> TileData:
    """A chip as it is drawn by a seed, its ranges calibrated."""
    return TileData(
        network,
        prepared.built.chip,
        prepared.built.placement,
        {network.layers[0].name: tested.calibration},
        tensors,
        seed,
        holder,
        len(tested.calibration),
    )


def measure_on_chip(values: TileData, training: np.ndarray, count: int, seed: int) -> None:
    """Give a chip the statistics of batch normalisations that it measures itself on `count` images
    of the training (N, *shape), drawn by the chip's seed.
    """
    if not count:
        return
    network = values.network
    source = network.layers[0].name
    chunk = chunk_of(network)
    order = drawn_images(len(training), count, seed)
    layers = measured_layers(network, values.constants)
    statistics = RunningStatistics(layers, values.constants, count)
    for first in range(0, count, chunk):
        # One chunk after the other: each image meets the statistics of those before it.
        images = np.ascontiguousarray(training[order[first : first + chunk]], np.float32)
        TileReader(values, first, False).forward({source: images}, statistics.compute)
    values.constants = {**values.constants, **statistics.folded()}


def _cores() -> int:
    """Processors that this process may use; no result depends on it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
