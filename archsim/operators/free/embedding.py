"""Embedding: a row of a table for each index."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, constant, count_of
from archsim.operators.base import AXES_OWN, FREE, Operator, TrainingRow, WordCounts, operator
from archsim.operators.kernels import LayerKernel, LayerWords
from archsim.operators.numbers import np
from archsim.operators.pairs import UNKNOWN
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def look_up(data, window):
    """`window`: rows of the table, values of a row. `words`: the table. What is the number of no row
    gives no number.
    """
    features = window[1]
    for k in range(data.first.shape[0]):
        row = row_of(data.first[k], window[0])
        for i in range(features):
            here = k * features + i
            data.outputs[here] = data.words[row * features + i] if row >= 0 else np.float32(np.nan)


def row_of(number, rows):
    """The row of a number, negative ones from the end; -1 where there is none."""
    if not (-rows <= number < rows) or np.floor(number) != number:
        return -1
    whole = int(number)
    return whole if whole >= 0 else whole + rows


def look_up_back(data, window):
    """The errors of all positions that show a row are summed in its gradient, where it has one."""
    features = window[1] if data.gradients.shape[0] > 0 else 0
    for k in range(data.first.shape[0]):
        row = row_of(data.first[k], window[0])
        for i in range(features if row >= 0 else 0):
            data.gradients[row * features + i] += data.errors[k * features + i]


TABLE = LayerKernel("rows of a table", look_up, look_up_back)
WHOLE = ("whole", True)
"""Setting of a table of whole numbers: kinds of tokens, say, or numbers of rows of another table."""


def is_whole(layer: Layer) -> bool:
    """Whether a table holds whole numbers."""
    return bool(layer.setting("whole", False))


@operator("embedding", onnx={"Gather": AXES_OWN})
class Embedding(Operator):
    """The table lies in the off-chip memory, and each row that is wanted is fetched from there, as
    an image is. Nothing is computed. In a training its rows are digital words: each is moved by the
    errors of all positions that show it; but a table of whole numbers is no parameter, and stays.
    """

    kind = FREE
    moves_only = True
    takes_numbers = True
    trains_constants = True
    kernels = (TABLE,)
    trains = "embedding of the network's input"
    fields = ("entries", "features", "whole")
    meanings = {
        "entries": "of `embedding`: rows of its table",
        "whole": "of `embedding`: its rows are whole numbers, which no training moves and no word rounds",
    }

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        entries = table.integer("entries")
        features = table.integer("features")
        settings = (("entries", entries), *((WHOLE,) if table.flag("whole") else ()))
        return Output((*shapes[0], features), {"settings": settings})

    def fetched(self, layer: Layer) -> int:
        return layer.output_elements

    def roles(self, layer: Layer) -> tuple[str, ...]:
        return ("table",)

    def constant_shapes(self, layer: Layer) -> Mapping[str, Shape]:
        return {"table": (count_of(layer, "entries"), layer.output_elements // _positions(layer))}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        rows = constant(layer, "table", constants)
        numbers = np.asarray(inputs[0])
        whole = np.rint(numbers).astype(np.int64)
        # Negative numbers count from the end, as ONNX has them: the half makes the bounds even.
        if not np.array_equal(whole, numbers) or (abs(whole + 0.5) > len(rows)).any():
            raise InputError(
                "not the number of a row",
                where=layer.name,
                got=[float(numbers.min()), float(numbers.max())],
                allowed=f"whole numbers from 0 to {len(rows) - 1}",
            )
        return rows[whole].reshape(layer.output_shape)

    def words(self, layer: Layer) -> WordCounts:
        entries, features = self.constant_shapes(layer)["table"]
        return WordCounts(0 if is_whole(layer) else entries * features)

    def words_work(self, layer: Layer, errors: int) -> Work:
        # to the gradients of the rows that it shows
        return {} if is_whole(layer) else {"add": errors * layer.output_elements}

    def gradients_met(self, layer: Layer) -> int:
        return 0 if is_whole(layer) else layer.output_elements

    def first_words(self, layer: Layer, random: np.random.Generator) -> np.ndarray | None:
        # All alike, rows would stay alike: as far as the full scale of an array's inputs.
        return random.uniform(-1, 1, self.words(layer).trained).astype(np.float32)

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        if not is_whole(layer):
            return None  # its words are trained
        return np.ravel(constant(layer, "table", held)).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        return {"table": words.reshape(*self.constant_shapes(layer)["table"]).copy()}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        entries, features = self.constant_shapes(layer)["table"]
        size = entries * features
        words = LayerWords(each=size, trained=(0.0,))
        if is_whole(layer):
            words = LayerWords(constants=(UNKNOWN,) * size)
        return (TrainingRow(TABLE, window=(entries, features), words=words),)


def _positions(layer: Layer) -> int:
    return math.prod(layer.input_shapes[0])
