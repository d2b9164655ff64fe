"""Simple recurrent layer (Elman 1990): one array, read once a time step with the input and the
state before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, merge
from archsim.operators.base import AXES_OWN, operator
from archsim.operators.matrix import Matrix
from archsim.operators.numbers import np
from archsim.operators.recurrent import Recurrent, State

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


@operator("rnn", onnx={"RNN": AXES_OWN})
class Rnn(Recurrent):
    """All time steps; the output is the state h = tanh(W x + R h_before + b) of every step."""

    def matrix(self, layer: Layer) -> Matrix:
        steps, features = layer.input_shapes[0]
        return Matrix(features + layer.hidden, layer.hidden, 1, steps)

    def after(self, raw: np.ndarray, features: np.ndarray, state: State) -> State:
        return (np.tanh(raw),)

    def forward_work(self, layer: Layer) -> Work:
        return merge({"lookup": layer.hidden}, scale=layer.matrix.vectors)

    def backward_work(self, layer: Layer) -> Work:
        # the slope 1 - h h, times the error
        step: Work = {"multiply": 2 * layer.hidden, "add": layer.hidden}
        return merge(step, scale=layer.matrix.vectors)
