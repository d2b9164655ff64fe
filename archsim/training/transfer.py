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
from archsim.training.table import UPDATE_CYCLE
from workloads.network import Network


def transfer(
    network: Network,
    data: Any,
    settings: TrainingSettings,
    weights: dict[str, np.ndarray],
    seeds: Sequence[int],
) -> list[float]:
    """Test error in percent of each chip drawn with a seed, after its devices were programmed to
    `weights` (M, N) by layer.

    Write-verify devices are programmed with their error and verify window, others are set as near
    as their bounds allow.
    Raises InputError where the data do not fit.
    """
    prepared = prepare(network, data)
    errors = []
    for seed in seeds:
        machine = Machine(network, settings.model_copy(update={"seed": seed}))
        program_weights(machine, weights, seed)
        errors.append(100.0 * machine.evaluate(prepared.test_images, prepared.test_labels, 0)[1])
    return errors


def program_weights(machine: Machine, weights: dict[str, np.ndarray], seed: int) -> None:
    """Write weights (M, N) by layer into every device of them."""
    for number, (index, copy, matrix) in enumerate(machine.arrays.matrices()):
        start = machine.program.group_of(index) * len(matrix)
        targets = weights[machine.program.names[index]][start : start + len(matrix)]
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
