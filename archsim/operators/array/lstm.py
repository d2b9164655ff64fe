"""Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate): one array of the four
gates, read once a time step with the input and the state before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, merge
from archsim.operators.array.linear import VECTORS
from archsim.operators.base import AXES_OWN, TrainingRow, operator
from archsim.operators.elementwise import logistic
from archsim.operators.matrix import Matrix
from archsim.operators.numbers import np
from archsim.operators.recurrent import Recurrent, State
from archsim.operators.vector.sigmoid import sigmoid
from archsim.operators.vector.tanh import tanh

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


def cell_forward(raw, gates, squashed, before, after, outputs):
    """From the array's outputs `raw` (4 H: input, forget, cell, output gate): h = o tanh(c), c = f
    c_before + i g.

    `gates` (4 H) gets i, f, g, o, `squashed` tanh(c), `after` c.
    """
    hidden = outputs.shape[0]
    for k in range(hidden):
        i, f = sigmoid(raw[k]), sigmoid(raw[hidden + k])
        g = tanh(raw[2 * hidden + k])
        o = sigmoid(raw[3 * hidden + k])
        c = f * before[k] + i * g
        gates[k] = i
        gates[hidden + k] = f
        gates[2 * hidden + k] = g
        gates[3 * hidden + k] = o
        after[k], squashed[k] = c, tanh(c)
        outputs[k] = o * squashed[k]


def cell_backward(gates, squashed, before, errors, state_errors, cell_errors, raw_errors):
    """Errors of the array's outputs from the error of h (from above and from the next step,
    `state_errors`) and of c.

    `cell_errors` becomes the error of the cell state before this step.
    """
    hidden = errors.shape[0]
    for k in range(hidden):
        i = gates[k]
        f = gates[hidden + k]
        g = gates[2 * hidden + k]
        o = gates[3 * hidden + k]
        error = errors[k] + state_errors[k]
        cell = cell_errors[k] + error * o * (np.float32(1.0) - squashed[k] * squashed[k])
        raw_errors[k] = cell * g * i * (np.float32(1.0) - i)
        raw_errors[hidden + k] = cell * before[k] * f * (np.float32(1.0) - f)
        raw_errors[2 * hidden + k] = cell * i * (np.float32(1.0) - g * g)
        raw_errors[3 * hidden + k] = error * squashed[k] * o * (np.float32(1.0) - o)
        cell_errors[k] = cell * f


@operator("lstm", onnx={"LSTM": AXES_OWN})
class Lstm(Recurrent):
    """All time steps; the output is the state h of every step."""

    kernels = (VECTORS,)

    def matrix(self, layer: Layer) -> Matrix:
        steps, features = layer.input_shapes[0]
        return Matrix(features + layer.hidden, 4 * layer.hidden, 1, steps)

    def from_onnx(self, columns: np.ndarray) -> np.ndarray:
        gates = np.split(columns, 4)  # ONNX's input, output, forget, cell
        return np.concatenate([gates[number] for number in (0, 2, 3, 1)])

    def start(self, layer: Layer, images: int) -> State:
        nothing = np.zeros((images, layer.hidden), np.float32)
        return nothing, nothing  # h and c

    def after(self, raw: np.ndarray, features: np.ndarray, state: State) -> State:
        gates = np.split(raw, 4, axis=1)  # i, f, g, o, as `cell_forward` has them
        cell = logistic(gates[1]) * state[1] + logistic(gates[0]) * np.tanh(gates[2])
        return logistic(gates[3]) * np.tanh(cell), cell

    def forward_work(self, layer: Layer) -> Work:
        hidden = layer.hidden
        # four gates, the cell and the output
        step: Work = {"lookup": 5 * hidden, "multiply": 3 * hidden, "add": hidden}
        return merge(step, scale=layer.matrix.vectors)

    def backward_work(self, layer: Layer) -> Work:
        step: Work = {"multiply": 14 * layer.hidden, "add": 6 * layer.hidden}
        return merge(step, scale=layer.matrix.vectors)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if layer.setting("reverse"):  # the kernel begins with the first step
            return ()
        # gates i, f, g, o and tanh(c) a step, cell states before and after, two error vectors
        kept = layer.hidden * (6 * layer.output_shape[0] + 3)
        return (TrainingRow(VECTORS, kept=kept, recurrent=True),)
