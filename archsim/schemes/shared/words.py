"""The digital state of an update rule, kept in words of the chip's format.

A lane adds up in accumulators wider than a word, so what it computes in one action after another is
exact here; a number is rounded where it goes back to the buffer as a word. Every quantity of a layer
(its gradient, a moment, an accumulator) has a scale of its own; see `kernels.number_formats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.number_formats import (
    BF16,
    EXPONENT,
    FORM_FIELDS,
    FP16,
    ROUNDED,
    SATURATED,
    SCALE_FIELDS,
    SET,
    WIDE,
    open_words,
    store_quantity,
)
from archsim.kernels.outer_images import add_images, images_of, sum_images
from archsim.kernels.random import as_word
from hwlib.errors import InputError, nearest
from hwlib.parts.floating_point import FLOATING_FORMATS
from hwlib.parts.vector import INTEGER_FORMATS

if TYPE_CHECKING:
    # For types only: the state of a layer holds its words, which are set from that state.
    from archsim.schemes.layer_state import LayerState

U = np.uint64
FORMATS = (*INTEGER_FORMATS, *FLOATING_FORMATS)
"""Formats that have a price: no other is computed in."""
_FLOATS = {"fp32": WIDE, "fp16": FP16, "bf16": BF16}
WORDS = U(200)  # stream of the first quantity's random numbers, beside those of kernels.random


@dataclass(frozen=True)
class Arithmetic:
    """How digital numbers are rounded.

    Args:
        format: of a lane and of a word of training state; fp32 leaves every number as it is.
        rounding: `nearest`, or `stochastic`: by chance, without bias.
        scale: of fixed point: `dynamic` follows the values, `static` is that of the first ones.
        scale_images: images between two looks at a scale that could be halved.
        value_bits: of a stored activation or error, in fixed point; 0: as `format`.

    Raises:
        InputError: for a format that has no price.
    """

    format: str = "fp32"
    rounding: str = "nearest"
    scale: str = "dynamic"
    scale_images: int = 1000
    value_bits: int = 0

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InputError(
                "no number format that has a price",
                where="format",
                got=self.format,
                allowed=FORMATS,
                hint=nearest(self.format, FORMATS),
            )

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded."""
        return self.format == "fp32" and not 0 < self.value_bits < 32

    @property
    def word_form(self) -> np.ndarray:
        """int64 (FORM_FIELDS,) of a word of state."""
        return self._form(INTEGER_FORMATS.get(self.format, 0))

    @property
    def value_form(self) -> np.ndarray:
        """int64 (FORM_FIELDS,) of a stored activation or error: a lane's result cut to `value_bits`
        where those are fewer than its word has.
        """
        word = INTEGER_FORMATS.get(self.format) or FLOATING_FORMATS[self.format][0]
        own = INTEGER_FORMATS.get(self.format, 0)
        return self._form(self.value_bits if 0 < self.value_bits < word else own)

    def _form(self, bits: int) -> np.ndarray:
        form = zeros_apart(FORM_FIELDS, np.int64)
        by_chance = self.rounding == "stochastic"
        follows = self.scale == "dynamic"
        form[:] = _FLOATS.get(self.format, WIDE), bits, by_chance, follows, self.scale_images
        open_words(form)
        return form


EXACT = Arithmetic()


class WordQuantity(NamedTuple):
    """A quantity of a layer: its scale, and the keys of its random numbers, uint64 (3,): seed, the
    layer's tile and the quantity's own stream.
    """

    scale: np.ndarray
    keys: np.ndarray


class Words:
    """The words of a rule's layers. A rule names its quantities once (`hold`), before the first
    image, and rounds each where it has written it (`store`).
    """

    def __init__(self, layers: Sequence[LayerState], seed: int):
        self.arithmetic = layers[0].arithmetic if layers else EXACT
        self.form = self.arithmetic.word_form
        self.layers = list(layers)
        self.seed = as_word(seed)
        self.exact = self.arithmetic.format == "fp32"
        self.scales: dict[str, np.ndarray] = {}
        self.kept: dict[tuple[str, int], WordQuantity] = {}

    def hold(self, *names: str) -> None:
        """Give each quantity of every layer a scale, int64 (layers, SCALE_FIELDS)."""
        for name in names:
            stream = WORDS + U(len(self.scales))
            scales = zeros_apart((len(self.layers), SCALE_FIELDS), np.int64)
            self.scales[name] = scales
            for scale, layer in zip(scales, self.layers):
                keys = np.array([self.seed, as_word(layer.tile), stream], U)
                self.kept[name, layer.index] = WordQuantity(scale, keys)

    def store(
        self, layer: LayerState, name: str, values: np.ndarray, step: int, part: int = 0
    ) -> None:
        """Round a quantity of a layer in place.

        Args:
            layer: whose quantity it is.
            name: of the quantity, as it was held.
            values: float32, contiguous, of any shape.
            step: number of the image in the run: the key of random numbers.
            part: of the image, where it is stored several times: another key.
        """
        if self.exact:
            return
        kept = self.kept[name, layer.index]
        store_quantity(values.reshape(-1), kept.scale, self.form, kept.keys, step, part)

    def add(
        self,
        layer: LayerState,
        name: str,
        inputs: np.ndarray,
        errors: np.ndarray,
        step: int,
        sums: np.ndarray,
    ) -> None:
        """Add the outer products of images to a quantity of a layer, and round it after each.

        Args:
            layer, name: as `store`.
            inputs, errors: float32, a vector a column, (B, N, V) and (B, M, V).
            step: number of the first image in the run.
            sums: the quantity, float32 (M, N), contiguous, in place.
        """
        count, _, vectors = inputs.shape
        of_images = tuple(images_of(inputs)), tuple(images_of(errors)), count, vectors
        if self.exact:
            add_images(sums, *of_images)
            return
        kept = self.kept[name, layer.index]
        sum_images(sums, *of_images, (kept.scale, self.form, kept.keys, step))

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint carries."""
        return {} if self.exact else {f"words.{name}": kept for name, kept in self.scales.items()}

    def told(self) -> dict[str, dict[str, dict[str, int]]]:
        """By layer and quantity: `range_exponent` of fixed point (numbers reach to 2 to that power),
        words `rounded` and `saturated`.
        """
        if self.exact:
            return {}
        return {
            layer.name: {
                quantity: told_scale(kept[index])
                for quantity, kept in self.scales.items()
                if kept[index, ROUNDED]
            }
            for index, layer in enumerate(self.layers)
        }


def told_scale(scale: np.ndarray) -> dict[str, int]:
    """A scale as a result states it."""
    counts = {"rounded": int(scale[ROUNDED]), "saturated": int(scale[SATURATED])}
    return ({"range_exponent": int(scale[EXPONENT])} if scale[SET] else {}) | counts
