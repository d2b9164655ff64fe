"""Digital words of layers without arrays (scales, shifts, running statistics): held beside the
arrays, moved after a mini-batch by the update rule's own optimiser where it has one, else by plain
gradient descent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archsim.kernels.cache_lines import apart, zeros_apart
from archsim.kernels.number_formats import SCALE_FIELDS, store_quantity
from archsim.kernels.random import as_word
from archsim.operators.vocabulary import FUNCTIONS
from archsim.schemes.base import Scheme
from archsim.schemes.shared.optimiser import DigitalOptimiser
from archsim.schemes.shared.optimiser_rule import Optimiser, OptimiserSettings
from archsim.schemes.shared.words import Arithmetic, told_scale
from archsim.training.layers import STREAM
from archsim.training.records import KeptWords
from archsim.training.table import (
    BACK,
    CONSTANTS,
    CYCLES,
    DIGITALS,
    DIGITALS_SIZE,
    EACH,
    FORTH,
    SCALE,
    TRAINED,
    UPDATE_CYCLE,
    Program,
)
from hwlib.errors import InputError

U = np.uint64
LEAST_IMAGES = 64
"""Images that running means reach over at least, where nobody says: a common mini-batch."""


@dataclass
class PlainDescent:
    """Stochastic gradient descent, for update rules without an optimiser of their own."""

    optimiser: str = "sgd"
    momentum: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    weight_decay: float = 0.0
    weight_work: dict[str, float] = field(default_factory=lambda: {"multiply_add": 1.0})


def descent_of(scheme: Scheme | None) -> OptimiserSettings:
    """What moves the trained words of layers without arrays under an update rule."""
    return scheme if isinstance(scheme, DigitalOptimiser) else PlainDescent()


class LayerMemory:
    """The words of all layers without arrays. `record` is what the compiled passes take of it;
    `optimisers` by the number of an operation, with the scales of their moments (moments, fields).
    """

    def __init__(
        self,
        program: Program,
        arithmetic: Arithmetic,
        scheme: Scheme | None,
        rate: float,
        seed: int,
    ):
        self.program = program
        self.seed = seed
        self.exact = arithmetic.format == "fp32"
        rows = program.operations
        quantities = rows[:, TRAINED] + rows[:, FORTH] + rows[:, BACK] * program.output_errors
        values = apart(program.first_words)
        self.record = KeptWords(
            values,
            zeros_apart(values.shape, values.dtype),
            zeros_apart((int(quantities.sum()), SCALE_FIELDS), np.int64),
            arithmetic.word_form,
            LEAST_IMAGES,
        )
        self.optimisers: dict[int, Optimiser] = {}
        self.moment_scales: dict[int, np.ndarray] = {}
        for index, row in enumerate(rows):
            if row[TRAINED] and not program.network.layer(program.layers[index]).frozen:
                shape = int(row[TRAINED]), int(row[EACH])
                self._draw(index, seed)
                self.optimisers[index] = Optimiser(descent_of(scheme), rate, shape)
                number = len(self.optimisers[index].moments)
                self.moment_scales[index] = np.zeros((number, SCALE_FIELDS), np.int64)

    def _draw(self, index: int, seed: int) -> None:
        """Let the trained words of an operation begin at random where its operator says so."""
        row = self.program.operations[index]
        layer = self.program.network.layer(self.program.layers[index])
        random = np.random.default_rng([seed, index])
        drawn = FUNCTIONS[layer.computes].first_words(layer, random)
        if drawn is not None:
            first = int(row[DIGITALS] + row[CONSTANTS])
            self.record.values[first : first + len(drawn)] = drawn

    def reaching(self, images: int) -> LayerMemory:
        """The same with running means that reach over so many images."""
        self.record = self.record._replace(images=images)
        return self

    def begin_with(self, words: np.ndarray | Mapping[str, np.ndarray]) -> None:
        """Take the words of another training, or those that each layer begins with. Raises
        InputError where they do not fit.
        """
        if isinstance(words, Mapping):
            for name, own in words_of_layers(self.program, self.record.values).items():
                if name in words:
                    own[: len(words[name])] = words[name]
            return
        if words.shape != self.record.values.shape:
            raise InputError(
                "the words of normalisations do not fit",
                where="weights",
                got=words.shape,
                allowed=str(self.record.values.shape),
                hint="a rule that takes two errors back keeps more of them",
            )
        self.record.values[:] = words

    def follow(self, rate: float) -> None:
        """Go on with another learning rate."""
        for optimiser in self.optimisers.values():
            optimiser.rate = np.float32(rate)

    def step(self, step: int) -> None:
        """Move the trained words by the gradients of a mini-batch, whose last image was number
        `step`; gradients begin anew.
        """
        for index, optimiser in self.optimisers.items():
            row = self.program.operations[index]
            first = int(row[DIGITALS] + row[CONSTANTS])
            size = int(row[TRAINED] * row[EACH])
            shape = int(row[TRAINED]), int(row[EACH])
            values = self.record.values[first : first + size].reshape(shape)
            gradients = self.record.gradients[first : first + size].reshape(shape)
            values += optimiser.change(gradients, values, self._store_moment(index, step))
            for number, quantity in enumerate(values):
                scale = self.record.scales[int(row[SCALE]) + number]
                # Rounded as it goes back to memory, since the lanes compute wider than a word.
                self._store(index, quantity, scale, step, number)
        # Gradients of a mini-batch are added up image by image; those of frozen words go unused.
        self.record.gradients[...] = 0

    def _store_moment(self, index: int, step: int):
        scales = self.moment_scales[index]

        def store(name: str, values: np.ndarray) -> None:
            number = int(name.removeprefix("moment"))
            self._store(index, values.reshape(-1), scales[number], step, 100 + number)

        return store

    def _store(
        self, index: int, values: np.ndarray, scale: np.ndarray, step: int, part: int
    ) -> None:
        """Round a quantity of operation `index` as it goes back to the buffer."""
        if self.exact:
            return
        keys = np.array([as_word(self.seed), as_word(index * CYCLES + UPDATE_CYCLE), STREAM], U)
        store_quantity(values, scale, self.record.form, keys, step, part)

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint carries, restored in place; nothing where no layer keeps words."""
        if not len(self.record.values):
            return {}
        arrays = {
            "kept.values": self.record.values,
            "kept.gradients": self.record.gradients,
            "kept.scales": self.record.scales,
        }
        for index, optimiser in self.optimisers.items():
            arrays[f"kept.{index}.scales"] = self.moment_scales[index]
            arrays |= {f"kept.{index}.{k}": m for k, m in enumerate(optimiser.moments)}
        return arrays

    def facts(self) -> list[int]:
        """Mini-batches that each optimiser has seen."""
        return [optimiser.steps for optimiser in self.optimisers.values()]

    def restore(self, steps: list[int]) -> None:
        """Put back what `facts` gave."""
        for optimiser, count in zip(self.optimisers.values(), steps):
            optimiser.steps = count

    def roles(self) -> dict[str, dict[str, np.ndarray]]:
        """By layer and role, what an inference takes of the words: see `roles_of`."""
        return roles_of(self.program, self.record.values)

    def told(self) -> dict[str, dict[str, dict[str, int]]]:
        """By layer and number of the quantity: range of fixed point, words rounded and saturated."""
        told: dict[str, dict[str, Any]] = {}
        for name, row in zip(self.program.layers, self.program.operations):
            first = int(row[SCALE])
            count = int(row[TRAINED] + row[FORTH] + row[BACK] * self.program.output_errors)
            for number, scale in enumerate(self.record.scales[first : first + count]):
                if scale.any():
                    told.setdefault(name, {})[f"words {number}"] = told_scale(scale)
        return told


def roles_of(program: Program, values: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """What an inference takes of the words that layers kept in a training: scale and shift with the
    statistics folded in, by layer and role.

    Args:
        program: of the network.
        values: float32, all words.
    """
    roles = {}
    for name, own in words_of_layers(program, values).items():
        layer = program.network.layer(name)
        folded = FUNCTIONS[layer.computes].folded(layer, own)
        if folded:
            roles[name] = folded
    return roles


def words_of_layers(program: Program, values: np.ndarray) -> dict[str, np.ndarray]:
    """Views of the words of every layer that has any: its rows lie one behind another."""
    spans: dict[str, tuple[int, int]] = {}
    for name, row in zip(program.layers, program.operations):
        if row[DIGITALS_SIZE]:
            first, _ = spans.get(name, (int(row[DIGITALS]), 0))
            spans[name] = (first, int(row[DIGITALS] + row[DIGITALS_SIZE]))
    return {name: values[first:last] for name, (first, last) in spans.items()}
