"""The compiled cycles of a training step, forward and backward, the same for all devices.

One call a mini-batch costs some microseconds, and another that of its updates (`updates`): one call
for both would compile the cycles anew for every law.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from archsim.kernels.compiled import borrowed, kernel, template
from archsim.kernels.turns import next_image
from archsim.kernels.views import flat, view_at
from archsim.training.activity import observe
from archsim.training.loss import cross_entropy, squared_distance
from archsim.training.passes import backward_pass, forward_pass
from archsim.training.records import (
    BetweenLayers,
    BothWays,
    Counters,
    Cycle,
    Examples,
    KeptWords,
    StepKeys,
    Tables,
    Workspace,
)

U = np.uint64
LOSSES = {"cross_entropy": cross_entropy, "mean_squared": squared_distance}
ZERO, ONE = np.float32(0.0), np.float32(1.0)
SAMPLE_EVERY = 16  # images between two whose inputs are looked at closely for the measured activity


@kernel
def count_answers(answers, results):
    """Add the answers (images, answers, 2) of images to the results, in their order."""
    asked = answers.shape[1]
    for image in range(answers.shape[0]):
        results[2] += 1
        for k in range(asked):
            results[0] += answers[image, k, 0] / asked
            results[1] += answers[image, k, 1] / asked


def present(tables, weights, physics, examples, space, counters, between, keys):
    """Forward cycle of the images of a mini-batch and, to learn, its backward cycle: inputs and
    errors of every array stay in memory (batch, values).

    Where there is a `second` table, target and output go back one after the other, as two errors
    whose sum is the usual one: the target's into the ERRORS of `arrays`, the output's of `second`.

    Args: each a record of `records` as a plain tuple, whose type costs less to tell (see there).
        tables: `Tables` of the program.
        weights: `BothWays`; the backward cycle may multiply with other ones.
        physics: `BothWays` of the periphery.
        examples: `Examples` of the mini-batch.
        space: `Workspace`.
        counters: `Counters`, added to.
        between: `BetweenLayers`.
        keys: `StepKeys`.
    """
    tables = borrowed(Tables(*tables))
    weights = borrowed(BothWays(*weights))
    physics = borrowed(BothWays(*physics))
    examples = borrowed(Examples(*examples))
    space = borrowed(Workspace(*space))
    counters = borrowed(Counters(*counters))
    scales, form, biases, kept, turns = between
    between = borrowed(BetweenLayers(scales, form, biases, KeptWords(*kept), turns))
    keys = StepKeys(*keys)
    results = counters.results
    errors = space.errors
    images = examples.images
    labels = examples.labels
    size = examples.chosen.shape[0]
    parts = 2 if tables.second.shape[0] > 0 else 1
    asked = labels.shape[1]
    classes = tables.classes
    share = ONE / np.float32(examples.batch * asked)
    b = next_image(between.turns, -1)
    while b < size:
        image = examples.chosen[b]
        step = keys.first_step + U(b)
        # An update needs what every image of the batch met; a test needs one image at a time.
        own = space.memory[b if keys.learn else 0]
        for k in range(images.shape[1]):
            own[k] = images[image, k]
        forward = Cycle(
            tables.arrays,
            weights.forward,
            own,
            errors,
            physics.forward,
            keys.seed,
            step,
            counters.totals,
            space.room,
            space.words,
            between.scales[0],
            between.form,
            between.biases,
            between.kept,
            keys.follows,
            keys.learn,
            0,
            between.turns,
            b,
        )
        forward_pass(tables.operations, forward)
        answers = space.answers[b if keys.learn else 0]
        for part in range(parts):
            # Layers add their errors to those of other readers of a value.
            errors[:] = ZERO
            # Two parts where target and output go back apart, one that is their difference
            # otherwise.
            of_target, of_output = ONE if part == 0 else ZERO, ONE if part == parts - 1 else ZERO
            for k in range(asked):
                start = tables.output + (tables.steps - asked + k) * classes
                loss, best = loss_of(  # noqa: F821
                    view_at(own, start, (classes,)),
                    labels[image, k],
                    share,
                    of_target,
                    of_output,
                    view_at(errors, start, (classes,)),
                )
                if part == 0:
                    answers[k, 0] = loss
                    answers[k, 1] = best != labels[image, k]
            if keys.learn:
                table = tables.arrays if part == 0 else tables.second
                backward = Cycle(
                    table,
                    weights.backward,
                    own,
                    errors,
                    physics.backward,
                    keys.seed,
                    step,
                    counters.totals,
                    space.room,
                    space.words,
                    between.scales[1 + part],
                    between.form,
                    between.biases,
                    between.kept,
                    keys.follows,
                    keys.learn,
                    1 + part,
                    between.turns,
                    b,
                )
                backward_pass(tables.operations, backward)
                if keys.counts and step % U(SAMPLE_EVERY) == U(0):
                    observe(table, own, physics.forward, physics.backward, counters.samples)
        if keys.counts:
            count_answers(view_at(flat(answers), 0, (1, asked, 2)), results)
        b = next_image(between.turns, b)


@functools.cache
def present_of(loss: str = "cross_entropy") -> Callable:
    """`present` for a loss: machine code of no other is made."""
    return template(present, loss_of=LOSSES[loss])
