"""The test of a network on its arrays: forward cycles only, in spans that threads may share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from archsim.kernels.random import as_word
from archsim.training.cycles import present_of
from archsim.training.passes import open_doors
from archsim.training.records import BetweenLayers, Examples, StepKeys, plain
from archsim.training.table import Program
from archsim.training.workspace import new_counters, new_workspace

F = np.float32
EVALUATION_SPAN = 500  # images a call: sums are taken in the same order for any number of threads
EVALUATION = 1 << 62  # steps from here on number the random numbers of evaluations


class EvaluationReads(NamedTuple):
    """Flat weights, float32 (PERIPHERY,) of the periphery, the seed of the noise, and the words of
    the activations.
    """

    weights: np.ndarray
    physics: np.ndarray
    seed: int
    stored: BetweenLayers
    loss: str = "cross_entropy"


def evaluate(
    program: Program,
    reads: EvaluationReads,
    images: np.ndarray,
    labels: np.ndarray,
    epoch: int,
    threads: int,
) -> tuple[float, float]:
    """Test a network.

    Args:
        program: its table.
        reads: the noise depends on (seed, epoch, image) only.
        images: float32 (N, values).
        labels: int64 (N, answers).
        epoch: number of the epoch.
        threads: that share the spans; the result is the same for any number.

    Returns:
        Mean loss, and the share of wrong answers.
    """
    images = sealed(images)
    labels = sealed(labels)
    show = present_of(reads.loss)
    open_doors(program.operations)

    def span(low: int) -> np.ndarray:
        chosen = np.arange(low, min(low + EVALUATION_SPAN, len(images)))
        space = new_workspace(program, 1, labels.shape[1])
        counters = new_counters(len(program.arrays))
        step = as_word(EVALUATION + (epoch << 32) + low)
        show(
            plain(program.tables(program.arrays[:0])),
            (reads.weights, reads.weights),
            (reads.physics, reads.physics),
            plain(Examples(images, labels, chosen, len(chosen))),
            plain(space),
            plain(counters),
            plain(reads.stored),
            plain(StepKeys(as_word(reads.seed), step, False, True, False)),
        )
        return counters.results

    spans = range(0, len(images), EVALUATION_SPAN)
    if threads == 1:
        # In the order of the spans, with one thread as with many: floats depend on it.
        results = sum(map(span, spans), np.zeros(3))
    else:
        with ThreadPoolExecutor(threads) as pool:
            results = sum(pool.map(span, spans), np.zeros(3))
    return float(results[0] / results[2]), float(results[1] / results[2])


def sealed(values: np.ndarray) -> np.ndarray:
    """A read-only view: numba compiles anew for arrays that can and that cannot be written."""
    view = values.view()
    view.flags.writeable = False
    return view
