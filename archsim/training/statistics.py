"""Running statistics of normalisations, measured anew on a chip whose weights are not those that they
were met with: programming errors move the means and variances of what arrays give (Joshi et al. 2020,
10.1038/s41467-020-16108-9, update them so).
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.random import as_word
from archsim.operators.vocabulary import operator_of
from archsim.training.evaluation import sealed
from archsim.training.machine_state import MachineState
from archsim.training.passes import open_doors
from archsim.training.records import Examples, StepKeys, plain
from archsim.training.workspace import new_counters, new_workspace
from hwlib.errors import InputError
from workloads.network import Network

F = np.float32


def normalisations(network: Network) -> list[str]:
    """Layers with running statistics."""
    return [layer.name for layer in network.layers if operator_of(layer).statistics]


def check_normalisations(network: Network, images: int, known: int, where: str) -> None:
    """Raise InputError where statistics cannot be measured on so many of the training images."""
    if images == 0:
        return
    if not 0 <= images <= known:
        raise InputError(
            "not that many training images", where=where, got=images, allowed=f"0 to {known}"
        )
    if not normalisations(network):
        raise InputError(
            "no layer of the network has running statistics",
            where=where,
            got=images,
            allowed="0",
            hint="batch normalisations have some, but not where the file has them in its weights; "
            "others take those of the image itself",
        )


def drawn_images(known: int, images: int, seed: int) -> np.ndarray:
    """Which of the training images a chip sees, int64 (images,), in their order: by chance, as a
    data set may lie class by class.
    """
    return np.random.default_rng([seed, 1]).permutation(known)[:images]


def measure_statistics(
    machine: MachineState, images: np.ndarray, labels: np.ndarray, count: int
) -> None:
    """Let the running statistics follow `count` of the images, one after the other: means of them
    all, of which those of before count as one. No device is written, and nothing else changes.

    Args:
        machine: with its weights; its seed draws the images.
        images: float32 (N, values), of the training.
        labels: int64 (N, answers).
        count: images that are shown.
    """
    program = machine.program
    images = sealed(images)
    labels = sealed(labels)
    chosen = drawn_images(len(images), count, machine.settings.seed)
    open_doors(program.operations)
    space = new_workspace(program, 1, labels.shape[1])
    counters = new_counters(len(program.arrays))
    stored = machine.stored
    between = stored._replace(
        scales=stored.scales.copy(),  # ranges of the maps stay
        kept=machine.kept.record._replace(images=count),
    )
    seed = as_word(machine.settings.seed)
    machine.present(
        plain(program.tables(program.arrays[:0])),
        (machine.arrays.weights, machine.arrays.weights),
        (machine.forward, machine.forward),
        plain(Examples(images, labels, chosen, len(chosen))),
        plain(space),
        plain(counters),
        plain(between),
        # Steps number the images from 0 on, by which the first ones weigh more.
        plain(StepKeys(seed, as_word(0), False, True, True)),
    )
