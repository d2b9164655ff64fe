"""Trained weights on the arrays of a chip: what accuracy is left, and what the inference costs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import numpy as np

from archsim.basics.call_options import read_options, shows_options
from archsim.chip import load_architecture
from archsim.chip.cell_levels import check_device
from archsim.run.held import chip_with_holder, holder_of, idle_settings
from archsim.run.inference_silicon import price_inference
from archsim.run.options import Bar, SimulationOptions
from archsim.run.result import Result
from archsim.run.simulation import build_for
from archsim.run.trained_weights import trained_tensors
from archsim.soc.data.batched import TileReader, chunk_of, exact_reader, forward_batch
from archsim.soc.data.request import check_carries, check_resident
from archsim.soc.data.tile_data import TileData
from hwlib.errors import InputError
from workloads.datasets import Dataset, fit_dataset, load_dataset
from workloads.load import load_network
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.devices.held_weights import Holder
    from archsim.run.simulation import PreparedRun
    from archsim.run.trained_weights import Weights

MOST_SEEDS = 1000
ACTIVITY_IMAGES = 64  # images of the first chip whose reads are counted
CALIBRATION_IMAGES = 8
EXACT = ("exact", "none")
_RANGE = (5, 95)  # percent of the drawn chips


class InferenceWords(TypedDict, total=False):
    """Options of `infer`."""

    weights: Weights
    device: str | None
    device_settings: Mapping[str, Any] | None
    at: float
    seeds: int
    images: int | None
    calibration: int
    seed: int
    node_nm: float | None
    progress: Bar | None


@dataclass(frozen=True, kw_only=True)
class InferenceOptions:
    """What `infer` does; `infer` says what each field means."""

    weights: Weights = None
    device: str | None = None
    device_settings: Mapping[str, Any] | None = None
    at: float = 0.0
    seeds: int = 5
    images: int | None = None
    calibration: int = CALIBRATION_IMAGES
    seed: int = 0
    node_nm: float | None = None
    progress: Bar | None = None


class TestSet(NamedTuple):
    """Images (images, *shape) that are tested, their classes, and those that set the ranges."""

    images: np.ndarray
    labels: np.ndarray
    calibration: np.ndarray


class Accuracies(NamedTuple):
    """Percent of right answers: of each drawn chip, and in exact arithmetic; the first chip, which
    counted what its reads met."""

    drawn: list[float]
    reference: float
    counted: TileData


@shows_options(InferenceOptions)
def infer(
    network: str | Path | Network,
    chip: str | Path | Architecture | None = None,
    data: str | Path | Dataset = "digits",
    **options: Unpack[InferenceWords],
) -> Result:
    """Test trained weights on the arrays of a chip, and price that inference.

    The weights are programmed on the devices of the chip, read through its converters tile by tile,
    and tested on the images of a data set; each of `seeds` chips is drawn anew.

    Args:
        network: a built-in name, a path (TOML, ONNX, layer table), or a `Network`.
        chip: a name, a path or an `Architecture`; None for cim40.
        data: a data set by name, an .npz file, or a `Dataset`; its test images are tested.
        weights: where the trained weights are; None for the network's own file. An .npz file or a
            mapping ("<layer>.weights", outputs x inputs, and "<layer>.bias"), the folder of a
            training or what `train` returned, or an .onnx file with layers of the same names.
        device: the device that holds the weights; None for the chip's own, "exact" for weights
            without error.
        device_settings: changes of its parameters.
        at: seconds between programming and reading.
        seeds: chips that are drawn.
        images: test images, the first of the set; None for all.
        calibration: training images that set the ranges of converters and maps.
        seed: of the first chip; the others follow.
        node_nm: node of the prices in nm; None for the chip's own.
        progress: gets (images done, images in all, text).

    Returns:
        the `Result` of one image's inference with the measured activity, with `accuracy_percent`
        (mean of the chips), `accuracy_range` (5 to 95 % of them), `reference_accuracy_percent`
        (exact arithmetic) and `seeds`.

    Raises:
        InputError: for anything wrong in the input: weights that are missing, operators that carry
            no data, images that do not fit.
    """
    chosen = read_options(InferenceOptions, options, "infer")
    _check(chosen)
    net = network if isinstance(network, Network) else load_network(network)
    check_carries(net)
    trained = trained_tensors(net, chosen.weights)
    dataset = fit_dataset(net, load_dataset(data))
    tested = _tested(net, dataset, chosen)
    named = load_architecture("cim40" if chip is None else chip)
    holder = _holder(named, chosen)
    notes: list[str] = []
    on_chip = named
    if holder is not None:
        on_chip, notes = chip_with_holder(named, holder)
    prepared = build_for(net, on_chip, None, "inference", 1, 1, chosen.node_nm)
    check_resident(on_chip, prepared.built.placement)
    accuracies = _measure(net, prepared, tested, trained.tensors, holder, chosen)
    notes += [*trained.notes, *_told(dataset, chosen, holder, len(tested.calibration))]
    idle = idle_settings(chosen.device_settings)
    result = price_inference(prepared, net, accuracies.counted, chosen.seed, notes, idle)
    result.document.update(_facts(dataset, tested, chosen, holder, accuracies))
    return result


def _check(options: InferenceOptions) -> None:
    for name, value, most in (
        ("seeds", options.seeds, MOST_SEEDS),
        ("calibration", options.calibration, 10_000),
        ("images", 1 if options.images is None else options.images, 10**9),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise InputError("not a count", where=name, got=value, allowed=f"1 to {most}")


def _holder(chip: Architecture, options: InferenceOptions) -> Holder | None:
    """The device that holds the weights: the one that is named, else the chip's."""
    device = chip.weights.device if options.device is None else options.device
    check_device(chip, "" if device in EXACT else device, "device")
    asked = SimulationOptions(
        device=None if device in EXACT else device,
        device_settings=options.device_settings,
        at=options.at,
        data="random",
    )
    return holder_of(asked)


def _tested(network: Network, dataset: Dataset, options: InferenceOptions) -> TestSet:
    inputs = [layer.name for layer in network.layers if layer.operator == "input"]
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
        np.ascontiguousarray(dataset.train_images[: options.calibration], np.float32),
    )


def _measure(
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
    pieces = {first: {source: tested.images[first : first + chunk]} for first in starts}
    exact = exact_reader(tensors)

    def percent(test: Any, done: int, alone: bool) -> float:
        """Right answers of `test`, which gives the outputs of the images from a number on."""
        right = 0
        with ThreadPoolExecutor(1 if alone else _cores()) as pool:
            for first, outputs in zip(starts, pool.map(test, starts)):
                labels = tested.labels[first : first + chunk]
                right += int((outputs.argmax(axis=1) == labels).sum())
                if options.progress is not None:
                    options.progress(done + first + len(labels), total, network.name)
        return 100 * right / len(tested.images)

    reference = percent(
        lambda first: forward_batch(network, pieces[first], tensors, exact), 0, False
    )
    drawn: list[float] = []
    counted: TileData | None = None
    for draw in range(options.seeds):
        values = TileData(
            network,
            prepared.built.chip,
            prepared.built.placement,
            {source: tested.calibration},
            tensors,
            options.seed + draw,
            holder,
            len(tested.calibration),
        )
        alone = any(reader.is_disturbed for reader in values.physics.values())
        if counted is None:
            counted = values
            for first in starts[: -(-ACTIVITY_IMAGES // chunk)]:
                TileReader(values, first, True).forward(pieces[first])

        def test(first: int, on: TileData = values) -> np.ndarray:
            return TileReader(on, first, False).forward(pieces[first])

        drawn.append(percent(test, len(tested.images) * (draw + 1), alone))
    assert counted is not None  # at least one chip is drawn
    return Accuracies(drawn, reference, counted)


def _cores() -> int:
    """Processors that this process may use; no result depends on it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _told(
    dataset: Dataset, options: InferenceOptions, holder: Holder | None, calibration: int
) -> list[str]:
    held = "weights are exact: no device holds them" if holder is None else holder.note
    counted = "the activity is that of the first images on the first chip"
    ranges = f"ranges of converters and maps are set by {calibration} training images"
    return [held, counted, ranges, *dataset.notes]


def _facts(
    dataset: Dataset,
    tested: TestSet,
    options: InferenceOptions,
    holder: Holder | None,
    accuracies: Accuracies,
) -> dict[str, Any]:
    """What the document of a result gains."""
    low, high = np.percentile(accuracies.drawn, _RANGE)
    return {
        "dataset": dataset.name,
        "device": None if holder is None else holder.name,
        "accuracy_percent": float(np.mean(accuracies.drawn)),
        "accuracy_range": [float(low), float(high)],
        "reference_accuracy_percent": accuracies.reference,
        "seeds": options.seeds,
        "inference": {
            "images": len(tested.images),
            "at_s": float(options.at),
            "calibration_images": len(tested.calibration),
            "accuracies_percent": accuracies.drawn,
        },
    }
