"""What the compiled halves of a training step work with, as records.

They are handed over field by field and put together again in machine code: numba tells the type of
a record in Python, which takes as long as a step of a small network.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


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


class Workspace(NamedTuple):
    """Memory float32 (images of a batch, numbers of an image), errors float32 of the activations;
    scratch room float32 and words uint64 of one thread.
    """

    memory: np.ndarray
    errors: np.ndarray
    room: np.ndarray
    words: np.ndarray


class BetweenLayers(NamedTuple):
    """Activations and errors between layers: int64 scales (ways, operations, fields) and the form of
    their words (see `kernels.number_formats`).
    """

    scales: np.ndarray
    form: np.ndarray


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
    what it stores, whether the scales follow it, and which of the ways it goes.
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
    follows: bool
    way: int


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
