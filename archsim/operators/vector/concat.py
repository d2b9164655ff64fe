"""Results of several layers side by side: only their addresses differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import (
    Tensors,
    Work,
    constant,
    count_of,
    in_their_order,
    is_trained,
    operands,
)
from archsim.operators.base import AXES_KEPT, Operator, TrainingRow, operator
from archsim.operators.copying import COPY
from archsim.operators.kernels import LayerWords, WordCounts
from archsim.operators.moved import PLACE, PLACE_OWN, PLACE_WORDS
from archsim.operators.numbers import np
from archsim.operators.pairs import UNKNOWN
from archsim.operators.shapes import concatenate
from archsim.operators.sizes import Output
from archsim.operators.strides import moved_numbers, strides_of

if TYPE_CHECKING:
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("concat", onnx={"Concat": AXES_KEPT})
class Concat(Operator):
    """Joined along an axis; constant parts have the roles part0, part1, ..."""

    fields = ("axis",)
    inputs = None
    moves_only = True
    kernels = (COPY, PLACE, PLACE_WORDS, PLACE_OWN)
    trains_constants = True

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        axis = table.integer("axis", 0, lowest=0)
        joined = concatenate(shapes, axis, table.where)
        return Output(joined, {"settings": (("axis", axis),)} if axis else {})

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return np.concatenate(
            operands(layer, inputs, constants, "part"), axis=count_of(layer, "axis")
        )

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        first = layer.input_shapes[0]
        joined = (sum(shape[0] for shape in layer.input_shapes), *first[1:])
        if layer.constants or layer.setting("axis") or layer.output_shape != joined:
            return self._placed(layer)
        rows = []
        start = 0
        for source, shape in enumerate(layer.input_shapes):
            size = math.prod(shape)
            rows.append(TrainingRow(COPY, source, start, size))
            start += size
        return tuple(rows)

    def _parts(self, layer: Layer) -> list[tuple[str, Shape]]:
        """The role of every part, "" of an input, and its shape; none where a constant's is open."""
        axis = count_of(layer, "axis")
        given = list(layer.input_shapes)
        before, behind = layer.output_shape[:axis], layer.output_shape[axis + 1 :]
        rest = layer.output_shape[axis] - sum(shape[axis] for shape in given)
        # Of one constant what is left says how long it is; of several the import does.
        lengths = layer.setting("lengths") if len(layer.constants) > 1 else (rest,)
        if not isinstance(lengths, tuple):
            return []
        shapes = {role: (*before, size, *behind) for role, size in zip(layer.constants, lengths)}
        parts: list[tuple[str, Shape]] = [("", shape) for shape in given]
        return in_their_order(layer, parts, "part", lambda role: (role, shapes[role]))

    def _placed(self, layer: Layer) -> tuple[TrainingRow, ...]:
        """Rows of parts side by side along any axis, constants among them."""
        axis, strides = count_of(layer, "axis"), strides_of(layer.output_shape)
        rows: list[TrainingRow] = []
        start = source = 0
        for role, shape in self._parts(layer):
            numbers = moved_numbers(shape, strides, start)
            if not numbers:
                return ()
            start += shape[axis] * strides[axis]
            if role:
                size = math.prod(shape)
                kernel, words = PLACE_WORDS, LayerWords(constants=(UNKNOWN,) * size)
                if is_trained(layer):
                    kernel, words = PLACE_OWN, LayerWords(each=size, trained=(0.0,))
                rows.append(TrainingRow(kernel, window=numbers, words=words))
                continue
            rows.append(TrainingRow(PLACE, source, window=numbers))
            source += 1
        return tuple(rows)

    def words(self, layer: Layer) -> WordCounts:
        own = self._parts(layer) if is_trained(layer) else []
        return WordCounts(sum(math.prod(shape) for role, shape in own if role))

    def words_work(self, layer: Layer, errors: int) -> Work:
        trained = self.words(layer).trained
        return {"add": errors * trained} if trained else {}  # to the gradients

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        fixed = not is_trained(layer) and any(role for role, _ in self._parts(layer))
        return self.unfolded(layer, held) if fixed else None

    def unfolded(self, layer: Layer, held: Tensors) -> np.ndarray:
        values = [
            np.ravel(np.broadcast_to(constant(layer, role, held), shape))
            for role, shape in self._parts(layer)
            if role
        ]
        return np.concatenate(values).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        result = {}
        for role, shape in self._parts(layer):
            if role:
                size = math.prod(shape)
                result[role] = words[:size].reshape(shape).copy()
                words = words[size:]
        return result
