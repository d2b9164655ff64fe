"""Batch normalisation (Ioffe & Szegedy 2015, arXiv 1502.03167).

Trained weights come with the statistics folded into one scale and one shift a channel. A training
keeps scale, shift and running statistics as digital words of the vector unit. Images come one after
the other, so that a mini-batch never lies side by side: means are those of the images before, with a
share of the last one (Gural & Murmann 2019; Huang 2023), which lets values stream as they leave the
tiles. The way back takes off the running means of the errors in place of those of a mini-batch
(Chiley et al. 2019, arXiv 1905.05894), in which the error through the statistics consists.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, constant, count_of, merge
from archsim.operators.base import (
    BATCH_FIRST,
    LayerKernel,
    Operator,
    TrainingRow,
    WordCounts,
    operator,
)
from archsim.operators.kernels import LayerWords
from archsim.operators.numbers import np

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from workloads.network import Layer

EPSILON = 1e-5
"""Added to a variance, as every framework does by default."""
# Quantities of a channel, in their order: two that are trained, the statistics of the values, and
# the running means of the errors and of their products with the normalised values.
SCALE, SHIFT, MEAN, VARIANCE, ERRORS, PRODUCTS = range(6)


def normalise(data, window):
    """outputs = (first - mean) / deviation * scale + shift, and the means follow by `share`.

    `window`: channels, values of a channel that lie together, and such runs. `kept`: the mean and
    1/deviation of each channel that were used.
    """
    channels = window[0]
    inner, outer = window[1], window[2]
    words = data.words
    count = np.float32(inner * outer)
    share = data.share
    for c in range(channels):
        mean = words[2 * channels + c]
        inverse = np.float32(1.0) / np.sqrt(words[3 * channels + c] + np.float32(1e-5))
        data.kept[c] = mean
        data.kept[channels + c] = inverse
        factor = words[c] * inverse
        shift = words[channels + c]
        total = np.float32(0.0)
        squares = np.float32(0.0)
        for o in range(outer):
            first = (o * channels + c) * inner
            values = data.first[first : first + inner]
            outputs = data.outputs[first : first + inner]
            for k in range(inner):
                distance = values[k] - mean
                outputs[k] = distance * factor + shift
                total += distance
                squares += distance * distance
        if share > np.float32(0.0):
            # of a mixture of the images before and this one
            apart = total / count
            own = max(squares / count - apart * apart, np.float32(0.0))
            rest = np.float32(1.0) - share
            words[2 * channels + c] = mean + share * apart
            words[3 * channels + c] = rest * words[3 * channels + c] + share * (
                own + rest * apart * apart
            )


def normalise_back(data, window):
    """first_errors += scale / deviation * (error - mean error - normalised value * mean product)."""
    channels = window[0]
    inner, outer = window[1], window[2]
    words = data.words
    count = np.float32(inner * outer)
    share = data.share
    own = (4 + 2 * data.part) * channels
    for c in range(channels):
        mean = data.kept[c]
        inverse = data.kept[channels + c]
        factor = words[c] * inverse
        error_mean = words[own + c]
        product_mean = words[own + channels + c]
        total = np.float32(0.0)
        products = np.float32(0.0)
        for o in range(outer):
            first = (o * channels + c) * inner
            values = data.first[first : first + inner]
            errors = data.errors[first : first + inner]
            below = data.first_errors[first : first + inner]
            for k in range(inner):
                normal = (values[k] - mean) * inverse
                total += errors[k]
                products += errors[k] * normal
                below[k] += factor * (errors[k] - error_mean - normal * product_mean)
        data.gradients[c] += products
        data.gradients[channels + c] += total
        words[own + c] = error_mean + share * (total / count - error_mean)
        words[own + channels + c] = product_mean + share * (products / count - product_mean)


NORMALISE = LayerKernel("batch normalisation", normalise, normalise_back)


@operator("batch_norm", onnx={"BatchNormalization": BATCH_FIRST})
class BatchNorm(Operator):
    """scale x + shift, with statistics that a training keeps up to date."""

    streams = True
    may_be_folded = True
    statistics = ("mean", "variance")
    kernels = (NORMALISE,)

    def roles(self, layer: Layer) -> tuple[str, ...]:
        return ("scale", "shift")

    def axis(self, layer: Layer) -> int:
        """The axis of the channels, from the front."""
        rank = len(layer.output_shape)
        return count_of(layer, "axis", 0 if rank == 3 else -1) % rank

    def channels(self, layer: Layer) -> int:
        """How many statistics there are."""
        return layer.output_shape[self.axis(layer)]

    def constant_shapes(self, layer: Layer) -> Mapping[str, Shape]:
        return dict.fromkeys(self.roles(layer), (self.channels(layer),))

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply_add": layer.output_elements}

    def training_work(self, layer: Layer) -> Work:
        # the sum of the values and of their squares
        return {"add": layer.output_elements, "multiply_add": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        # sums of errors and of their products with the values, which are also the gradients of shift
        # and scale; then the error below is a factor of the error, one of the value, and a constant
        return {"add": n, "multiply_add": 3 * n}

    def words(self, layer: Layer) -> WordCounts:
        each = 2 * self.channels(layer)
        return WordCounts(each, each, each)

    def words_work(self, layer: Layer, errors: int) -> Work:
        channels = self.channels(layer)
        # forward a mean and a variance that follow by a share, 1/deviation by table, and the two
        # numbers that the next image is multiplied and added with; back two means that follow, the
        # gradients of scale and shift, and the two numbers that errors meet
        forth: Work = {"multiply": 5, "multiply_add": 5, "add": 2, "lookup": 1}
        back: Work = {"multiply": 5, "multiply_add": 3, "add": 4}
        return merge(forth, merge(back, scale=errors), scale=channels)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return self.forward_images(layer, inputs, constants, 1)

    def forward_images(
        self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors, images: int
    ) -> np.ndarray:
        x = inputs[0]
        if not constants:
            return x
        # of one image or several: axes behind that of the channels are counted from the last
        shape = [-1] + [1] * (len(layer.output_shape) - 1 - self.axis(layer))
        return x * constants["scale"].reshape(shape) + constants["shift"].reshape(shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        axis = self.axis(layer)
        shape = layer.output_shape
        window = (shape[axis], math.prod(shape[axis + 1 :]), math.prod(shape[:axis]))
        words = LayerWords(each=shape[axis], trained=(1.0, 0.0), forth=(0.0, 1.0), back=(0.0, 0.0))
        return (TrainingRow(NORMALISE, window=window, kept=2 * shape[axis], words=words),)

    def unfolded(self, layer: Layer, held: Tensors) -> np.ndarray:
        """Any statistics give the same outputs; a training moves them to those of its own values."""
        scale, shift, mean, variance = (
            np.ravel(constant(layer, role, held)) for role in (*layer.roles, *self.statistics)
        )
        factor = scale * np.sqrt(variance + np.float32(EPSILON))
        return np.concatenate([factor, shift + mean * scale, mean, variance]).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        """The roles that a training left: statistics and trained words as one scale and one shift.

        Args:
            layer: whose words they are.
            words: float32, in the order of its `LayerWords`.

        Returns:
            "scale" and "shift", and the statistics "mean" and "variance" that are in them, float32
            (channels,).
        """
        channels = self.channels(layer)
        scale, shift, mean, variance = words[: 4 * channels].reshape(4, channels).copy()
        factor = scale / np.sqrt(variance + np.float32(EPSILON))
        folded = {"scale": factor, "shift": shift - mean * factor}
        return folded | {"mean": mean, "variance": variance}

    def follow(self, layer: Layer, words: np.ndarray, values: np.ndarray, share: float) -> None:
        """What `normalise` does, of all channels at once."""
        channels = self.channels(layer)
        mean, variance = words[2 * channels : 4 * channels].reshape(2, channels)
        others = tuple(axis for axis in range(values.ndim) if axis != self.axis(layer))
        # In double precision, so that the order of a sum plays no part.
        apart = values.mean(axis=others, dtype=np.float64) - mean
        own = values.var(axis=others, dtype=np.float64)
        mean += share * apart
        # of a mixture of the images before and this one
        variance += share * (own + (1 - share) * apart**2 - variance)
