"""Matrix product with weights that are digital words in memory: no array holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, constant
from archsim.operators.base import Operator, TrainingRow, WordCounts, operator
from archsim.operators.kernels import LayerKernel, LayerWords
from archsim.operators.numbers import np
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def multiply_words(data, window):
    """`window`: vectors, outputs and inputs of each. `words`: a row of weights an output."""
    rows = window[1]
    columns = window[2]
    for v in range(window[0]):
        for i in range(rows):
            total = np.float32(0.0)
            for k in range(columns):
                total += data.words[i * columns + k] * data.first[v * columns + k]
            data.outputs[v * rows + i] = total


def multiply_words_back(data, window):
    rows = window[1]
    columns = window[2]
    for v in range(window[0]):
        for i in range(rows):
            error = data.errors[v * rows + i]
            for k in range(columns):
                weight = i * columns + k
                data.first_errors[v * columns + k] += error * data.words[weight]
                data.gradients[weight] += error * data.first[v * columns + k]


WORDS = LayerKernel("product with words", multiply_words, multiply_words_back)


@operator("memory_linear")
class MemoryLinear(Operator):
    """W x on the lanes of the vector unit. Its weights lie in the buffer in the chip's format, each
    vector reads all of them, and a training moves them as it moves the words of normalisations.
    """

    fields = ("features",)
    threaded = True
    multiplies = True
    trains_constants = True
    kernels = (WORDS,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output((*shapes[0][:-1], table.integer("features")))

    def roles(self, layer: Layer) -> tuple[str, ...]:
        return ("weights",)

    def constant_shapes(self, layer: Layer) -> Mapping[str, Shape]:
        return {"weights": (layer.output_shape[-1], layer.input_shapes[0][-1])}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return np.matmul(inputs[0], constant(layer, "weights", constants).T)

    def forward_work(self, layer: Layer) -> Work:
        return {"multiply_add": self.words_read(layer)}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply_add": self.words_read(layer)}  # the error times the weights turned

    def words_read(self, layer: Layer) -> int:
        return math.prod(layer.output_shape) * layer.input_shapes[0][-1]

    def words(self, layer: Layer) -> WordCounts:
        return WordCounts(math.prod(self.constant_shapes(layer)["weights"]))

    def words_work(self, layer: Layer, errors: int) -> Work:
        return {"multiply_add": errors * self.words_read(layer)}  # the outer products of vectors

    def first_words(self, layer: Layer, random: np.random.Generator) -> np.ndarray | None:
        # As far as the first weights of an array of so many inputs.
        _, inputs = self.constant_shapes(layer)["weights"]
        drawn = random.uniform(-1, 1, self.words(layer).trained) / np.sqrt(inputs)
        return drawn.astype(np.float32)

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        return None  # its words are trained

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        return {"weights": words.reshape(self.constant_shapes(layer)["weights"]).copy()}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        rows, columns = self.constant_shapes(layer)["weights"]
        vectors = math.prod(layer.output_shape[:-1])
        words = LayerWords(each=rows * columns, trained=(0.0,))
        return (TrainingRow(WORDS, window=(vectors, rows, columns), words=words),)
