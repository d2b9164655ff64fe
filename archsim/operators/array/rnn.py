"""Simple recurrent layer (Elman 1990): one array, read once a time step with the input and the
state before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, merge
from archsim.operators.base import AXES_OWN, RecurrentKernel, operator
from archsim.operators.matrix import Matrix
from archsim.operators.numbers import np
from archsim.operators.recurrent import Recurrent, State
from archsim.operators.vector.tanh import tanh

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


def step_forward(data):
    """h = tanh of what the array gave."""
    for k in range(data.outputs.shape[0]):
        data.outputs[k] = tanh(data.raw[k])


def step_backward(data):
    """The slope of tanh is 1 - h h: nothing but the output is needed.

    The output is the stored one, which is what the step behind read.
    """
    for k in range(data.errors.shape[0]):
        h = data.outputs[k]
        data.raw_errors[k] = data.errors[k] * (np.float32(1.0) - h * h)
        data.state_errors[k] = np.float32(0.0)  # the array alone reads the state


STEP = RecurrentKernel("rnn", step_forward, step_backward)


@operator("rnn", onnx={"RNN": AXES_OWN})
class Rnn(Recurrent):
    """All time steps; the output is the state h = tanh(W x + R h_before + b) of every step."""

    cell = STEP
    kernels = (STEP,)

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
