"""Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate): one array of the four
gates, read once a time step with the input and the state before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, merge
from archsim.operators.base import AXES_OWN, RecurrentKernel, operator
from archsim.operators.elementwise import logistic
from archsim.operators.matrix import Matrix
from archsim.operators.numbers import np
from archsim.operators.recurrent import Recurrent, State
from archsim.operators.vector.sigmoid import sigmoid
from archsim.operators.vector.tanh import tanh

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


def step_forward(data):
    """h = o tanh(c), c = f c_before + i g from what the array gave: input, forget, cell and output
    gate. Kept: i, f, g, o and tanh(c).
    """
    hidden = data.outputs.shape[0]
    raw = data.raw
    kept = data.kept
    for k in range(hidden):
        i, f = sigmoid(raw[k]), sigmoid(raw[hidden + k])
        g = tanh(raw[2 * hidden + k])
        o = sigmoid(raw[3 * hidden + k])
        c = f * data.cells[k] + i * g
        squashed = tanh(c)
        kept[k] = i
        kept[hidden + k] = f
        kept[2 * hidden + k] = g
        kept[3 * hidden + k] = o
        kept[4 * hidden + k] = squashed
        data.next_cells[k] = c
        data.outputs[k] = o * squashed


def step_backward(data):
    """Through the output gate to the cell, and through its three products to the gates."""
    hidden = data.errors.shape[0]
    kept = data.kept
    below = data.raw_errors
    for k in range(hidden):
        i = kept[k]
        f = kept[hidden + k]
        g = kept[2 * hidden + k]
        o = kept[3 * hidden + k]
        squashed = kept[4 * hidden + k]
        error = data.errors[k]
        cell = data.cell_errors[k] + error * o * (np.float32(1.0) - squashed * squashed)
        # Slopes from the outputs: of a sigmoid s (1 - s), of tanh 1 - t t.
        below[k] = cell * g * i * (np.float32(1.0) - i)
        below[hidden + k] = cell * data.cells[k] * f * (np.float32(1.0) - f)
        below[2 * hidden + k] = cell * i * (np.float32(1.0) - g * g)
        below[3 * hidden + k] = error * squashed * o * (np.float32(1.0) - o)
        # In place: the error of the cell goes on to the step before.
        data.cell_errors[k] = cell * f
        data.state_errors[k] = np.float32(0.0)  # the array alone reads the state


STEP = RecurrentKernel("lstm", step_forward, step_backward, cells=1, kept=5)


@operator("lstm", onnx={"LSTM": AXES_OWN})
class Lstm(Recurrent):
    """All time steps; the output is the state h of every step."""

    cell = STEP
    kernels = (STEP,)

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
        gates = np.split(raw, 4, axis=1)  # i, f, g, o, as `step_forward` has them
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
