"""What the compiled halves of a training step work with, as records.

They are handed over as plain tuples (`plain`) and become records again in machine code: numba tells
the type of a tuple in C, that of a record in Python, which takes as long as a step of a small
network.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


def plain(record: tuple[Any, ...]) -> tuple[Any, ...]:
    """A record, and the records in it, as plain tuples."""
    return tuple(plain(value) if isinstance(value, tuple) else value for value in record)


class Tables(NamedTuple):
    """The program of the network: int64 tables with the columns of `table`, and where an image's
    scores are in its memory: `steps` vectors of `classes` at `output`.

    `second` are the arrays as the second of two output errors meets them; no rows: there is one.
    """

    operations: np.ndarray
    arrays: np.ndarray
    second: np.ndarray
    output: int
    steps: int
    classes: int


class BothWays(NamedTuple):
    """What differs between the cycles: flat float32 weights, or float32 (PERIPHERY,) of the
    periphery."""

    forward: np.ndarray
    backward: np.ndarray


class Examples(NamedTuple):
    """Images float32 (N, values), labels int64 (N, answers), the numbers of those that are
    presented, and of how many images the mini-batch is.
    """

    images: np.ndarray
    labels: np.ndarray
    chosen: np.ndarray
    batch: int


class StepKeys(NamedTuple):
    """Keys of a mini-batch's random numbers: image b of it is step `first_step` + b of the seed.
    `learn`: whether errors go back. `counts`: whether answers are summed and inputs observed here.
    `follows`: whether scales of stored values, and running statistics, follow what they meet.
    """

    seed: np.uint64
    first_step: np.uint64
    learn: bool
    counts: bool
    follows: bool


class Workspace(NamedTuple):
    """Memory float32 (images of a batch, numbers of an image), errors float32 of the activations;
    scratch room float32 and words uint64 of one thread; answers float64 (images of a batch, answers,
    2): loss, and whether it is wrong.
    """

    memory: np.ndarray
    errors: np.ndarray
    room: np.ndarray
    words: np.ndarray
    answers: np.ndarray


class KeptWords(NamedTuple):
    """Words that layers without arrays keep from image to image: float32 values and gradients of the
    trained ones, int64 scales (quantities, fields) and the form of a word, and how many images a
    running mean reaches over.
    """

    values: np.ndarray
    gradients: np.ndarray
    scales: np.ndarray
    form: np.ndarray
    images: int


class BetweenLayers(NamedTuple):
    """Activations and errors between layers: int64 scales (ways, operations, fields) and the form of
    their words (see `kernels.number_formats`); float32 biases that are added behind the converters,
    what layers without arrays keep, and whose turn it is to change it (see `kernels.turns`).
    """

    scales: np.ndarray
    form: np.ndarray
    biases: np.ndarray
    kept: KeptWords
    turns: np.ndarray


class Counters(NamedTuple):
    """Counts since they were cleared.

    totals int64 (arrays, 2, READ_COUNTS) of the reads each way; samples float64 (arrays, 2, 5) of their
    inputs (see `activity`); results float64: loss, wrong answers (means over an image's labels)
    and images.
    """

    totals: np.ndarray
    samples: np.ndarray
    results: np.ndarray


class Cycle(NamedTuple):
    """One cycle of one image: the arrays and their weights, the image's memory and errors, the
    periphery, the key of its random numbers, counts of the reads, and scratch; scales and form of
    what it stores, biases that are added digitally, words that layers keep, whether the scales
    follow it, whether it learns, and which of the ways it goes; the turns of its mini-batch, and its
    number in that.
    """

    arrays: np.ndarray
    weights: np.ndarray
    memory: np.ndarray
    errors: np.ndarray
    physics: np.ndarray
    seed: np.uint64
    step: np.uint64
    totals: np.ndarray
    room: np.ndarray
    words: np.ndarray
    scales: np.ndarray
    form: np.ndarray
    biases: np.ndarray
    kept: KeptWords
    follows: bool
    learns: bool
    way: int
    turns: np.ndarray
    image: int


class Devices(NamedTuple):
    """The devices of all arrays: flat memories (see `arrays.Arrays`), scalars of the law (arrays,
    n) and write noise (arrays,), and whether pulses change the weights or digital sums.
    """

    weights: np.ndarray
    state: np.ndarray
    planes: np.ndarray
    writes: np.ndarray
    law: np.ndarray
    parts: int
    parameters: int
    write_noise: np.ndarray
    pulsed: bool


class MiniBatch(NamedTuple):
    """What the arrays met of a mini-batch: their table, the memory float32 (batch, numbers of an
    image) of its first `size` images, scratch words uint64, and the number of the only array that
    is updated (-1: all).
    """

    arrays: np.ndarray
    memory: np.ndarray
    words: np.ndarray
    size: int
    only: int


class UpdateRecords(NamedTuple):
    """Records that the updates of many mini-batches take, as plain tuples: `Devices`, `Trains` with
    the learning rate of now, and the digital words of biases.
    """

    devices: tuple[Any, ...]
    trains: tuple[Any, ...]
    biases: tuple[Any, ...]
