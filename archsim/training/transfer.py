"""Transfer of trained weights to freshly drawn chips: program the same targets into other devices
and test them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from archsim.training.data import prepare
from archsim.training.machine import Machine
from archsim.training.reads import tile_number
from archsim.training.settings import TrainingSettings
from archsim.training.statistics import check_normalisations, measure_statistics
from archsim.training.table import UPDATE_CYCLE
from hwlib.errors import InputError
from workloads.network import Network


def transfer(
    network: Network,
    data: Any,
    settings: TrainingSettings,
    weights: dict[str, np.ndarray],
    seeds: Sequence[int],
    trained: Machine | None = None,
    normalisation_images: int = 0,
) -> list[float]:
    """Test error in percent of each chip drawn with a seed, after its devices were programmed to
    `weights` (M, N) by layer.

    Write-verify devices are programmed with their error and verify window, others are set as near
    as their bounds allow. `trained` is the machine whose digital words go with the weights: needed
    where normalisations have some. Their running statistics are those of the training, or measured
    anew by each chip on `normalisation_images` training images.
    Raises InputError where the data do not fit, where such words are not given, and where no layer
    has statistics that can be measured.
    """
    prepared = prepare(network, data)
    known = len(prepared.train_images)
    check_normalisations(network, normalisation_images, known, "normalisation_images")
    errors = []
    for seed in seeds:
        machine = Machine(network, settings.model_copy(update={"seed": seed}))
        program_weights(machine, weights, seed)
        take_words(machine, trained)
        if normalisation_images:
            images, labels = prepared.train_images, prepared.train_labels
            measure_statistics(machine, images, labels, normalisation_images)
        errors.append(100.0 * machine.evaluate(prepared.test_images, prepared.test_labels, 0)[1])
    return errors


def take_words(machine: Machine, trained: Machine | None) -> None:
    """Give a chip the digital words of the one that was trained. Raises InputError where it has
    some beside the biases and none are given.
    """
    if trained is None:
        if len(machine.kept.record.values):
            raise InputError(
                "weights alone are not what was trained: the words of normalisations go with them",
                where="trained",
                got=None,
                allowed="the machine of the training",
            )
        return
    machine.kept.begin_with(trained.kept.record.values)
    machine.biases.values[...] = trained.biases.values
    machine.biases.scales[...] = trained.biases.scales
    machine.stored.scales[...] = trained.stored.scales


def program_weights(machine: Machine, weights: dict[str, np.ndarray], seed: int) -> None:
    """Write weights (M, N) by layer into every device of them; a last column that no device holds
    is the layer's digital biases.
    """
    for number, (index, copy, matrix) in enumerate(machine.arrays.matrices()):
        start = machine.program.group_of(index) * len(matrix)
        whole = weights[machine.program.names[index]][start : start + len(matrix)]
        targets = machine.arrays.enter_biases(index, whole)
        device = machine.arrays.devices[number] if machine.arrays.devices else None
        if device is not None and "verify_window" in device.device.values:
            device.program(
                targets,
                np.ones(targets.shape, bool),
                seed=seed,
                tile=int(tile_number(index, copy, UPDATE_CYCLE)),
            )
        else:
            machine.arrays.write(index, copy, matrix, targets)
