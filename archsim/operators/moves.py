"""What operators that cost nothing have in common: elements keep their values."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, constant, number_of
from archsim.operators.base import FREE, Operator, TrainingRow
from archsim.operators.kernels import LayerWords
from archsim.operators.moved import MOST_PICKED, PICK, PUT, TAKE
from archsim.operators.moved import taken as taken_by
from archsim.operators.numbers import np
from archsim.operators.pairs import UNKNOWN
from archsim.operators.strides import walked

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


class Passes(Operator):
    """All elements in their order."""

    kind = FREE
    moves_only = True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return inputs[0].reshape(layer.output_shape)


class Renames(Passes):
    """Its output lies where its input lies, in a training too."""

    renames = True


class Moves(Operator):
    """Elements elsewhere: as its settings say, or as an imported file does. That is by the setting
    "taken", the walk (`strides.walk_of`) over the input's elements that gives the output's; by "put",
    the walk over the output's that are the input's, where "fill" stands between them; or, where no
    walk does it, by the constant "index", which gives for each output element its number in the
    input, and -1 where it is filled.
    """

    kind = FREE
    moves_only = True
    kernels = (TAKE, PUT, PICK)
    trains_constants = True

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        """The output by the layer's own settings."""
        raise NotImplementedError

    def origins(self, layer: Layer, constants: Tensors) -> np.ndarray:
        """Where each output element comes from: its number in the input, -1 where it is filled."""
        if "index" in constants:
            # Given values come as float32, whole numbers of a file as they are.
            return np.rint(constants["index"]).astype(np.int64)
        if taken := walk_in(layer, "taken"):
            return walked(taken)
        if put := walk_in(layer, "put"):
            numbers = np.full(layer.output_elements, -1, np.int64)
            numbers[walked(put)] = np.arange(layer.input_elements)
            return numbers
        plain = dataclasses.replace(
            layer, settings=tuple(item for item in layer.settings if item[0] != "fill")
        )
        # one more than the number, so that what is filled with zeros is told apart
        numbers = np.arange(1, layer.input_elements + 1).reshape(layer.input_shapes[0])
        return self.moved(plain, numbers).reshape(-1) - 1

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        if "index" not in constants and not walk_in(layer, "taken") and not walk_in(layer, "put"):
            return self.moved(layer, inputs[0])
        numbers = self.origins(layer, constants)
        taken = inputs[0].reshape(-1)[np.maximum(numbers, 0)]
        fill = constants.get("fill", number_of(layer, "fill", 0.0))
        return np.where(numbers < 0, fill, taken).reshape(layer.output_shape)

    def own_rows(self, layer: Layer) -> tuple[TrainingRow, ...]:
        """The row of a walk that the layer's own settings tell; none where no walk does it."""
        raise NotImplementedError

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if walking := walking_rows(layer):
            return walking
        if not self.carries(layer):
            return ()
        by_number = "index" in layer.constants
        if not by_number and (rows := self.own_rows(layer)):
            return rows
        if layer.input_elements > MOST_PICKED:
            return ()
        words = (UNKNOWN,) * (layer.output_elements + 1) if by_number else self._picked(layer, {})
        return (TrainingRow(PICK, words=LayerWords(constants=tuple(words))),)

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        if "index" not in layer.constants:
            return None  # known from its settings
        for role in layer.constants:
            constant(layer, role, held)
        return self._picked(layer, held)

    def _picked(self, layer: Layer, held: Tensors) -> np.ndarray:
        fill = float(held.get("fill", number_of(layer, "fill", 0.0)))
        return np.append(self.origins(layer, held).reshape(-1), fill).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        if "index" not in layer.constants:
            return {}
        held = {"index": words[:-1].astype(np.int64).reshape(layer.output_shape)}
        return held | ({"fill": words[-1].reshape(())} if "fill" in layer.constants else {})


def walk_in(layer: Layer, name: str) -> tuple[int, ...]:
    """The walk of a setting; none where the layer has none of this name."""
    held = layer.setting(name)
    return held if isinstance(held, tuple) else ()


def by_own_settings(layer: Layer) -> bool:
    """Whether the settings say what moves, and no import does so element by element."""
    return not (layer.constants or walk_in(layer, "taken") or walk_in(layer, "put"))


def walking_rows(layer: Layer) -> tuple[TrainingRow, ...]:
    """The row of a layer that an import gave a walk; none of another."""
    if put := walk_in(layer, "put"):
        words = LayerWords(constants=(number_of(layer, "fill", 0.0),))
        return (TrainingRow(PUT, window=put, words=words),)
    return taken_by(walk_in(layer, "taken"))
