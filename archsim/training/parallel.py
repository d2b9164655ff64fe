"""A mini-batch on several threads, to the bits of one.

Images of a mini-batch meet the same weights, and each is a step of its own in the keys of random
numbers: threads share them. Updates of an array follow each other, those of two arrays do not meet:
threads share the arrays. What is summed over images is summed afterwards, in their order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.generators import CHIP, SHARING
from archsim.kernels.number_formats import rounds
from archsim.kernels.turns import GIVEN_UP, begin_turns, new_turns
from archsim.training.activity import observe_images
from archsim.training.crew import Crew
from archsim.training.cycles import SAMPLE_EVERY, count_answers
from archsim.training.machine_state import MachineState
from archsim.training.records import Examples, MiniBatch, StepKeys
from archsim.training.table import COLUMNS, COPIES, ROWS, VECTORS

ALL = -1  # in `MiniBatch.only`
OBSERVE, UPDATE = TASKS = ("observe", "update")


class ThreadRoom(NamedTuple):
    """What one thread works in: errors, room and words as in `records.Workspace`, its counts of
    reads, and those of the update while it does one.
    """

    errors: np.ndarray
    room: np.ndarray
    words: np.ndarray
    totals: np.ndarray
    counts: np.ndarray


class Task(NamedTuple):
    """What a thread does for one array beside others: the update, or a look at what it met."""

    name: str
    array: int
    work: Callable[[int], None]


class Threads:
    """The threads of a machine, started with its first mini-batch of several images."""

    def __init__(self, machine: MachineState, number: int):
        self.number = number
        self.crew = Crew(number)
        own = (machine.errors, machine.room, machine.words, machine.totals, machine.counts)
        self.scratch = [
            ThreadRoom(*(zeros_apart(one.shape, one.dtype) for one in own)) for _ in range(number)
        ]
        arrays = machine.program.arrays
        # The longest first, so that the threads end together: seconds, once a task has been done.
        cost = arrays[:, VECTORS] * (arrays[:, ROWS] + arrays[:, COLUMNS]) * arrays[:, COPIES]
        self.lasts = {(name, k): float(own) for name in TASKS for k, own in enumerate(cost)}
        self.left: list[Task] = []
        operations = len(machine.program.operations)
        parts = machine.program.output_errors
        self.turns = new_turns(operations, parts, meet=images_meet(machine))

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
        turns = begin_turns(self.turns, machine.program.output_errors)
        given = tuple(examples)
        own_keys = tuple(keys._replace(counts=False))

        def part(thread: int) -> None:
            own = self.scratch[thread]
            own.totals[...] = 0
            try:
                machine.present(
                    tables,
                    weights,
                    physics,
                    given,
                    (machine.memory, own.errors, own.room, own.words, machine.answers),
                    (own.totals, machine.samples, machine.results),
                    (*between[:-1], turns),
                    own_keys,
                )
            except BaseException:
                turns[GIVEN_UP] = 1
                raise

        self._run(part, range(self.number))
        for own in self.scratch:
            machine.totals += own.totals
        # Afterwards and in the order of the images: sums of floats are those of one thread.
        count_answers(machine.answers[:size], machine.results)
        both = (machine.program.arrays, machine.second)
        memory = machine.memory[:size]
        images = (-int(keys.first_step) % SAMPLE_EVERY, SAMPLE_EVERY)

        def look(index: int) -> None:
            observe_images(both, index, memory, images, physics, machine.samples)

        # Beside the updates, which leave what the images met as it is.
        self.left = [Task(OBSERVE, index, look) for index in range(len(machine.program.arrays))]

    def update(
        self, machine: MachineState, devices: tuple, trains: tuple, batch: MiniBatch, keys: tuple
    ) -> None:
        """The updates of a mini-batch, of several arrays at a time."""
        # Rooms to work in, one a thread; taking from and putting to a list is atomic.
        free = list(range(self.number))

        def part(index: int) -> None:
            thread = free.pop()
            _, _, words, _, counts = self.scratch[thread]
            own = tuple(batch._replace(words=words, only=index))
            # Sums of floats go on where those of the array stand.
            counts[index] = machine.counts[index]
            machine.update_arrays(devices, trains, own, keys, counts)
            machine.counts[index] = counts[index]
            free.append(thread)

        self.share(part, range(len(machine.program.arrays)))

    def share(self, part: Callable[[int], None], arrays: Sequence[int]) -> None:
        """`part` of the number of each array, and what is left of the images, several at a time."""
        self._work_off([Task(UPDATE, index, part) for index in arrays])

    def finish(self) -> None:
        """Do what no update was beside."""
        if self.left:
            self._work_off([])

    def _work_off(self, tasks: list[Task]) -> None:
        tasks = [*self.left, *tasks]
        self.left = []
        tasks.sort(key=lambda task: -self.lasts[task.name, task.array])

        def timed(task: Task) -> None:
            began = time.perf_counter()
            task.work(task.array)
            self.lasts[task.name, task.array] = time.perf_counter() - began

        self._run(timed, tasks)

    def _run(self, part: Callable[[Any], None], tasks: Sequence[Any]) -> None:
        """`part` of every task, in their order, on whatever thread is free."""
        left = iter(tasks)  # each step of it is atomic

        def take() -> None:
            for task in left:
                part(task)

        self.crew.do(take, min(self.number, len(tasks)))


def images_meet(machine: MachineState) -> bool:
    """Whether the images of a mini-batch change something one after the other: scales and counts of
    stored words, or words that a layer keeps (running statistics, sums of gradients).
    """
    return bool(rounds(machine.stored.form)) or len(machine.kept.record.values) > 0


def notes_of_threads(machine: MachineState) -> list[str]:
    """What a result says where several threads were asked for and some have nothing to do."""
    settings = machine.settings
    asked = f"training.threads={settings.threads}"
    if settings.threads == 1:
        return []
    if settings.batch == 1:
        return [f"{asked}: threads share the tests alone, since a mini-batch of one image has one"]
    notes = []
    if settings.threads > settings.batch:
        notes.append(f"{asked}: {settings.batch} of them share a mini-batch, an image each")
    rule = machine.rule
    if not can_share_arrays(machine):
        notes.append(
            f"{asked}: updates take one, since one block of generators serves the arrays in turn"
        )
    elif rule is not None and not rule.layers_apart:
        notes.append(
            f"{asked}: updates take one, since {type(rule).__name__} does not say that its layers "
            "are apart (`layers_apart`)"
        )
    return notes


def can_share_arrays(machine: MachineState) -> bool:
    """Whether the updates of two arrays do not meet: not so where one block of generators serves
    them in turn.
    """
    return not (machine.arrays.generators.state[:, SHARING] == CHIP).any()
