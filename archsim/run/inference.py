"""Trained weights on the arrays of a chip: what accuracy is left, and what the inference costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from archsim.basics.call_options import read_options, shows_options
from archsim.chip import load_architecture
from archsim.chip.cell_levels import check_device
from archsim.chip.kind_chips import devices_of_kinds
from archsim.chip.standard import STANDARD_CHIP
from archsim.devices.presets import load_device
from archsim.readers.call_types import takes_its_types
from archsim.run.drawn_chips import Accuracies, TestSet, measure_accuracies, tested_images
from archsim.run.held import chip_with_holder, holder_of, idle_settings
from archsim.run.inference_options import InferenceOptions, InferenceWords, check_counts
from archsim.run.inference_silicon import price_inference
from archsim.run.options import SimulationOptions
from archsim.run.prepared_run import build_for
from archsim.run.result import Result
from archsim.run.trained_weights import trained_tensors
from archsim.soc.data.request import check_carries, check_resident, check_signed_words
from archsim.soc.data.running_statistics import measured_layers
from archsim.training.statistics import check_normalisations, normalisations
from hwlib.errors import InputError
from workloads.datasets import Dataset, fit_dataset, load_dataset
from workloads.load import load_network
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.devices.held_weights import Holder

EXACT = ("exact", "none")
# Few chips are drawn, so the extremes would only grow with their number.
_RANGE = (5, 95)  # percent of the drawn chips


@takes_its_types("network", "chip", "data")
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
        chip: a name, a path or an `Architecture`; None for cores40.
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
        normalisation_images: training images on which each chip measures the means and variances of
            its batch normalisations anew, as it is at the time `at`; 0 for those of the training.
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
    chosen = read_options(InferenceOptions, options, infer)
    check_counts(chosen)
    net = network if isinstance(network, Network) else load_network(network)
    check_carries(net)
    trained = trained_tensors(net, chosen.weights)
    dataset = fit_dataset(net, load_dataset(data))
    tested = tested_images(net, dataset, chosen)
    known = len(tested.training)
    check_normalisations(net, chosen.normalisation_images, known, "normalisation_images")
    notes = _of_statistics(net, trained.tensors, chosen.normalisation_images)
    named = load_architecture(STANDARD_CHIP if chip is None else chip)
    holder = _holder(named, chosen)
    on_chip = named
    if holder is not None:
        on_chip, held = chip_with_holder(named, holder)
        notes = held + notes
    # Checks and placement come before the data go through, which takes the time.
    prepared = build_for(net, on_chip, None, "inference", 1, 1, chosen.node_nm)
    check_resident(on_chip, prepared.built.placement)
    check_signed_words(on_chip)
    accuracies = measure_accuracies(net, prepared, tested, trained.tensors, holder, chosen)
    notes += [*trained.notes, *_told(dataset, chosen, holder, len(tested.calibration))]
    idle = idle_settings(chosen.device_settings)
    result = price_inference(prepared, net, accuracies.counted, chosen.seed, notes, idle)
    result.document.update(_facts(dataset, tested, chosen, holder, accuracies))
    _price_statistics(result, chosen.normalisation_images)
    return result


def _of_statistics(
    network: Network, tensors: Mapping[str, Mapping[str, np.ndarray]], images: int
) -> list[str]:
    """Whose statistics batch normalisations take. Raises InputError where none can be measured."""
    if images:
        if measured_layers(network, tensors):
            return []  # the price says it
        raise InputError(
            "the batch normalisations of these weights are folded into them",
            where="normalisation_images",
            got=images,
            allowed="0",
        )
    if not any(tensors.get(name) for name in normalisations(network)):
        return []
    return [
        "means and variances of batch normalisations are those of the training; "
        "normalisation_images=N lets each chip measure its own on N training images"
    ]


def _price_statistics(result: Result, images: int) -> None:
    """Say what it costs a chip to measure its statistics."""
    if not images:
        return
    each = result.energy_per_image_j
    energy = "an energy that has no price" if each is None else f"{each * images:.3g} J"
    latency = result.latency_per_image_s
    assert latency is not None  # an inference is timed
    seconds = latency * images
    result.document["inference"]["normalisation_images"] = images
    result.document["notes"].append(
        f"each chip measured the means and variances of its batch normalisations on {images} "
        f"training images, {images} inferences before the first one here: {energy} and "
        f"{seconds:.3g} s that are in no figure of this result, nor are the sums of values and of "
        "their squares"
    )


def _holder(chip: Architecture, options: InferenceOptions) -> Holder | None:
    """The device that holds the weights: the one that is named, else the chip's."""
    device = chip.weights.device if options.device is None else options.device
    # What the chip's cells can't hold is refused under the option's own name.
    check_device(chip, "" if device in EXACT else device, "device")
    asked = SimulationOptions(
        device=None if device in EXACT else device,
        device_settings=options.device_settings,
        at=options.at,
        data="random",
    )
    holder = holder_of(asked)
    if holder is None or options.device is not None:
        return holder  # a device that is named holds all weights
    own = {
        kind: replace(holder, device=load_device(name, options.device_settings), name=name)
        for kind, name in devices_of_kinds(chip).items()
    }
    return replace(holder, kinds=own)


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
