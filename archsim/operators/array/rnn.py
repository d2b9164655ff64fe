"""Simple recurrent layer (Elman 1990): one array, read once a time step with the input and the
state before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, merge
from archsim.operators.base import AXES_OWN, Output, operator
from archsim.operators.matrix import Matrix
from archsim.operators.recurrent import Recurrent
from archsim.operators.shapes import need_rank

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("rnn", onnx={"RNN": AXES_OWN})
class Rnn(Recurrent):
    """All time steps; the output is the state h = tanh(W x + R h_before + b) of every step."""

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 2, table.where, "(time steps, features)")
        hidden = table.integer("hidden")
        return Output((shapes[0][0], hidden), {"hidden": hidden, "bias": table.flag("bias")})

    def matrix(self, layer: Layer) -> Matrix:
        steps, features = layer.input_shapes[0]
        return Matrix(features + layer.hidden, layer.hidden, 1, steps)

    def forward_work(self, layer: Layer) -> Work:
        return merge({"lookup": layer.hidden}, scale=layer.matrix.vectors)

    def backward_work(self, layer: Layer) -> Work:
        # the slope 1 - h h, times the error
        step: Work = {"multiply": 2 * layer.hidden, "add": layer.hidden}
        return merge(step, scale=layer.matrix.vectors)
