"""Feature maps as the buffer keeps them: words of the chip, with a scale of each layer's own that
the calibration images set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.number_formats import EXPONENT, SCALE_FIELDS, SET, exponent_of, store_values
from archsim.kernels.random import as_word, row_key, stream_key
from archsim.operators.unrounded import FAR_BELOW, IN_WORDS, SCORES, WHOLE, stored_forms
from archsim.schemes.shared.words import Arithmetic

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from workloads.network import Network

U = np.uint64
MAPS = U(191)  # stream of the random numbers, beside those of kernels.random


class StoredMaps:
    """The words of the maps of all layers, as training stores its activations (see
    `kernels.number_formats`).
    """

    def __init__(self, chip: Architecture, seed: int, network: Network):
        lane = chip.vector_unit
        arithmetic = Arithmetic(lane.format, lane.rounding, "static", 1, chip.read.output_bits)
        self.exact = arithmetic.exact
        self.form = arithmetic.value_form
        self.by_chance = lane.rounding == "stochastic"
        self.seed = seed
        self.scales: dict[str, np.ndarray] = {}
        self.forms = stored_forms(network)

    def calibrate(self, maps: Mapping[str, np.ndarray]) -> None:
        """Widen the ranges of the layers for the exact maps of an image."""
        for name, values in maps.items():
            scale = self.scales.setdefault(name, np.zeros(SCALE_FIELDS, np.int64))
            if self.forms.get(name) == SCORES:
                values = values[values > FAR_BELOW]
            peak = float(np.abs(values).max(initial=0.0))
            if not peak:
                continue
            # Ranges are powers of two, as a shift is what a lane can do.
            needed = exponent_of(np.float32(peak))
            # Never narrowed, so that the order of the images plays no part.
            scale[EXPONENT] = max(needed, scale[EXPONENT]) if scale[SET] else needed
            scale[SET] = 1

    def stored(
        self, name: str, values: np.ndarray, image: int, part: int = 0, fresh: bool = False
    ) -> np.ndarray:
        """What the buffer keeps of values of a layer's map; NaN, what has not arrived, stays.

        Args:
            name: of the layer.
            values: of any shape.
            image: number of the image, `part` of its map: keys of random numbers.
            part: of the image's map.
            fresh: whether nobody else has these values, float32 and contiguous: they are rounded in
                place.

        Returns:
            float32 of that shape.
        """
        kept = values if fresh else np.array(values, np.float32)
        form = self.forms.get(name, IN_WORDS)
        if self.exact or form == WHOLE:
            return kept
        if form == SCORES:
            masked = np.less_equal(kept, FAR_BELOW)
            rounded = self._in_words(name, np.where(masked, 0, kept), image, part)
            return np.where(masked, kept, rounded)
        return self._in_words(name, kept, image, part)

    def _in_words(self, name: str, kept: np.ndarray, image: int, part: int) -> np.ndarray:
        """`kept`, rounded in place."""
        scale = self.scales[name]
        position = as_word(list(self.scales).index(name))
        key = stream_key(as_word(self.seed), as_word(image), position, MAPS)
        # By image, layer and vector: the bits don't depend on the order in which the events came.
        own = as_word(row_key(as_word(key), as_word(part)))
        store_values(kept.reshape(-1), scale, self.form, 0, own, False)
        return kept
