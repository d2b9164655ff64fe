"""A power with a constant exponent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, number_of
from archsim.operators.base import Operator, operator
from archsim.operators.kernels import LayerKernel, LayerWords, TrainingRow
from archsim.operators.numbers import np
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def raised(data, window):
    """`words`: the exponent."""
    for k in range(data.first.shape[0]):
        data.outputs[k] = data.first[k] ** data.words[0]


def raised_back(data, window):
    exponent = data.words[0]
    for k in range(data.first.shape[0]):
        # Below one a power has no slope at zero; as for a root, zero stands for it.
        if exponent < np.float32(1.0) and data.first[k] == np.float32(0.0):
            continue
        slope = exponent * data.first[k] ** (exponent - np.float32(1.0))
        data.first_errors[k] += data.errors[k] * slope


RAISED = LayerKernel("power", raised, raised_back)


@operator("power", onnx="Pow")
class Power(Operator):
    """x to the power `exponent`: a square is a product, everything else a table."""

    fields = ("exponent",)
    meanings = {"exponent": "of `power`: the constant exponent, 2 where it is not given"}
    streams = True
    unbounded = True
    kernels = (RAISED,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        exponent = table.number("exponent") if "exponent" in table.values else 2.0
        return Output(shapes[0], {"settings": (("exponent", exponent),)})

    def forward_work(self, layer: Layer) -> Work:
        squared = number_of(layer, "exponent", 2.0) == 2.0
        return {"multiply" if squared else "lookup": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        if number_of(layer, "exponent", 2.0) == 2.0:
            return {"multiply": 2 * n}
        return {"lookup": n, "multiply": n}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return np.power(inputs[0], number_of(layer, "exponent", 2.0))

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        words = LayerWords(constants=(number_of(layer, "exponent", 2.0),))
        return (TrainingRow(RAISED, words=words),)
