"""The cycles of one layer whose outputs and errors come from elsewhere: no loss."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels.compiled import borrowed, template
from archsim.training.activity import observe
from archsim.training.cycles import SAMPLE_EVERY
from archsim.training.passes import backward_pass, forward_pass
from archsim.training.records import (
    BetweenLayers,
    BothWays,
    Counters,
    Cycle,
    KeptWords,
    StepKeys,
    Tables,
    Workspace,
)

U = np.uint64
ZERO = np.float32(0.0)


def one_way(tables, weights, physics, space, counters, between, keys, given, results, back):
    """All images of a mini-batch through the program, forward, or `back`.

    Args:
        tables, weights, physics, space, counters, between, keys: as of `training.cycles.present`.
        given: float32 (images, values): inputs, or errors of the outputs.
        results: float32 (images, values), filled: outputs, or errors of the inputs.
        back: which way.
    """
    tables = borrowed(Tables(*tables))
    weights = borrowed(BothWays(*weights))
    physics = borrowed(BothWays(*physics))
    space = borrowed(Workspace(*space))
    counters = borrowed(Counters(*counters))
    scales, form, biases, kept, turns = between
    between = borrowed(BetweenLayers(scales, form, biases, KeptWords(*kept), turns))
    keys = StepKeys(*keys)
    # Where the flattened output lies in the memory.
    start = tables.output
    for b in range(given.shape[0]):
        step = keys.first_step + U(b)
        # A test keeps nothing, so one row of memory does for any number of images.
        own = space.memory[b if keys.learn else 0]
        cycle = Cycle(
            tables.arrays,
            weights.backward if back else weights.forward,
            own,
            space.errors,
            physics.backward if back else physics.forward,
            keys.seed,
            step,
            counters.totals,
            space.room,
            space.words,
            between.scales[1 if back else 0],
            between.form,
            between.biases,
            between.kept,
            keys.follows,
            keys.learn,
            1 if back else 0,
            between.turns,
            b,
        )
        if back:
            # Errors are added up where layers join, and the last image's would stay.
            space.errors[:] = ZERO
            space.errors[start : start + given.shape[1]] = given[b]
            backward_pass(tables.operations, cycle)
            results[b] = space.errors[: results.shape[1]]
            # The same images as in a training of archsim's own, so that the measured activity is
            # the same.
            if step % U(SAMPLE_EVERY) == U(0):
                observe(tables.arrays, own, physics.forward, physics.backward, counters.samples)
        else:
            own[: given.shape[1]] = given[b]
            forward_pass(tables.operations, cycle)
            results[b] = own[start : start + results.shape[1]]
            if keys.learn:
                counters.results[2] += 1


@functools.cache
def one_way_of() -> Callable:
    """`one_way` for a layer on arrays alone."""
    return template(one_way)
