"""A mini-batch on several threads, to the bits of one.

Images of a mini-batch meet the same weights, and each is a step of its own in the keys of random
numbers: threads share them. Updates of an array follow each other, those of two arrays do not meet:
threads share the arrays. What is summed over images is summed afterwards, in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from archsim.kernels.generators import CHIP, SHARING
from archsim.kernels.number_formats import BITS
from archsim.kernels.random import as_word
from archsim.training.activity import observe
from archsim.training.cycles import SAMPLE_EVERY, count_answers
from archsim.training.machine_state import MachineState
from archsim.training.records import Counters, Examples, MiniBatch, StepKeys, Workspace
from archsim.training.table import COLUMNS, COPIES, ROWS, VECTORS

ALL = -1  # in `MiniBatch.only`


class ThreadRoom(NamedTuple):
    """What one thread works in: errors, room and words as in `records.Workspace`, and its counts of
    reads.
    """

    errors: np.ndarray
    room: np.ndarray
    words: np.ndarray
    totals: np.ndarray


class Threads:
    """The threads of a machine, started with its first mini-batch of several images."""

    def __init__(self, machine: MachineState, number: int):
        self.number = number
        self.pool = ThreadPoolExecutor(number)
        self.scratch = [
            ThreadRoom(
                np.zeros_like(machine.errors),
                np.zeros_like(machine.room),
                np.zeros_like(machine.words),
                np.zeros_like(machine.totals),
            )
            for _ in range(number)
        ]
        arrays = machine.program.arrays
        # The largest first, so that the threads end together.
        cost = arrays[:, VECTORS] * (arrays[:, ROWS] + arrays[:, COLUMNS]) * arrays[:, COPIES]
        self.order = [int(index) for index in np.argsort(-cost, kind="stable")]

    def present(
        self, machine: MachineState, records: tuple[Any, ...], examples: Examples, keys: StepKeys
    ) -> None:
        """`cycles.present` of a mini-batch.

        Args:
            machine: whose memory is filled and whose counters grow.
            records: tables, weights, physics and what lies between layers, as `present` takes them.
            examples: the mini-batch.
            keys: of its first image.
        """
        tables, weights, physics, between = records
        size = len(examples.chosen)
        # Blocks of neighbours: each thread has its own images, and random numbers are keyed by
        # image, not by thread.
        ends = np.linspace(0, size, self.number + 1).astype(int)

        def part(thread: int) -> None:
            first, last = ends[thread], ends[thread + 1]
            own = self.scratch[thread]
            own.totals[...] = 0
            if first == last:
                return
            machine.present(
                tables,
                weights,
                physics,
                tuple(examples._replace(chosen=examples.chosen[first:last])),
                tuple(
                    Workspace(
                        machine.memory[first:last],
                        own.errors,
                        own.room,
                        own.words,
                        machine.answers[first:last],
                    )
                ),
                tuple(Counters(own.totals, machine.samples, machine.results)),
                between,
                tuple(keys._replace(first_step=keys.first_step + as_word(first), counts=False)),
            )

        self._run(part, range(self.number))
        for own in self.scratch:
            machine.totals += own.totals
        # Afterwards and in the order of the images: sums of floats are those of one thread.
        count_answers(machine.answers[:size], machine.results)
        first = int(keys.first_step)
        for image in range(-first % SAMPLE_EVERY, size, SAMPLE_EVERY):
            for table in (machine.program.arrays, machine.second):
                if len(table):
                    observe(
                        table,
                        machine.memory[image],
                        machine.forward,
                        machine.backward,
                        machine.samples,
                    )

    def update(
        self, machine: MachineState, devices: tuple, trains: tuple, batch: MiniBatch, keys: tuple
    ) -> None:
        """The updates of a mini-batch, of several arrays at a time."""
        # Rooms to work in, one a thread; taking from and putting to a list is atomic.
        free = list(range(self.number))

        def part(index: int) -> None:
            thread = free.pop()
            own = batch._replace(words=self.scratch[thread].words, only=index)
            machine.update_arrays(devices, trains, tuple(own), keys, machine.counts)
            free.append(thread)

        self._run(part, self.order)

    def _run(self, part: Callable[[int], None], numbers: Any) -> None:
        for _ in self.pool.map(part, numbers):
            pass


def can_share_images(machine: MachineState) -> bool:
    """Whether the images of a mini-batch do not meet: not so where a scale of stored values, or the
    words that a layer keeps (running statistics), follow each of them.
    """
    return not machine.stored.form[BITS] and not len(machine.kept.record.values)


def can_share_arrays(machine: MachineState) -> bool:
    """Whether the updates of two arrays do not meet: not so where one block of generators serves
    them in turn.
    """
    state = machine.arrays.generators.state
    return bool(machine.arrays.devices) and not (state[:, SHARING] == CHIP).any()
