"""Gated recurrent unit (Cho et al. 2014, in the form of ONNX's `linear_before_reset`): one array of
the three gates' state weights, read once a time step with the state before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Work, merge
from archsim.operators.base import AXES_OWN, RecurrentKernel, operator
from archsim.operators.elementwise import logistic
from archsim.operators.matrix import Matrix
from archsim.operators.numbers import np
from archsim.operators.recurrent import Recurrent, State
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output
from archsim.operators.vector.sigmoid import sigmoid
from archsim.operators.vector.tanh import tanh
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def step_forward(data):
    """h = (1 - z) n + z h_before. Kept: z, r, n and what the state gave to the candidate."""
    hidden = data.outputs.shape[0]
    raw = data.raw
    features = data.features
    kept = data.kept
    for k in range(hidden):
        z = sigmoid(features[k] + raw[k])
        r = sigmoid(features[hidden + k] + raw[hidden + k])
        of_state = raw[2 * hidden + k]
        n = tanh(features[2 * hidden + k] + r * of_state)
        kept[k] = z
        kept[hidden + k] = r
        kept[2 * hidden + k] = n
        kept[3 * hidden + k] = of_state
        data.outputs[k] = (np.float32(1.0) - z) * n + z * data.state[k]


def step_backward(data):
    """Features and state are added before each gate, so they share its error; only in the candidate
    does the reset gate stand between the two.
    """
    hidden = data.errors.shape[0]
    kept = data.kept
    for k in range(hidden):
        z = kept[k]
        r = kept[hidden + k]
        n = kept[2 * hidden + k]
        error = data.errors[k]
        candidate = error * (np.float32(1.0) - z) * (np.float32(1.0) - n * n)
        update = error * (data.state[k] - n) * (z * (np.float32(1.0) - z))
        reset = candidate * kept[3 * hidden + k] * (r * (np.float32(1.0) - r))
        data.feature_errors[k] = update
        data.feature_errors[hidden + k] = reset
        data.feature_errors[2 * hidden + k] = candidate
        data.raw_errors[k] = update
        data.raw_errors[hidden + k] = reset
        # Behind the reset gate, which scales what the state gave.
        data.raw_errors[2 * hidden + k] = candidate * r
        # The way past the array; what comes through it is added by the caller.
        data.state_errors[k] = error * z


STEP = RecurrentKernel("gru", step_forward, step_backward, driven=False, kept=4)


@operator("gru", onnx={"GRU": AXES_OWN})
class Gru(Recurrent):
    """All time steps; its input is what a linear layer made of the features for the three gates
    (update, reset, candidate), its output the state of every step.

    The two are apart since the reset gate scales what the state alone gives to the candidate:
    h = (1 - z) n + z h_before with n = tanh(x_n + r (R h_before + b)).
    """

    cell = STEP
    kernels = (STEP,)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 2, table.where, "(time steps, 3 x hidden)")
        hidden = table.integer("hidden")
        if shapes[0][1] != 3 * hidden:
            raise InputError(
                "needs the inputs of three gates",
                where=f"{table.where}.hidden",
                got=shapes[0],
                allowed=f"3 x hidden = {3 * hidden} features",
                hint="put a linear layer of 3 x hidden features before it",
            )
        return Output((shapes[0][0], hidden), {"hidden": hidden, "bias": table.flag("bias")})

    def takes_product(self, product: Layer) -> bool:
        return product.operator == "linear"

    def matrix(self, layer: Layer) -> Matrix:
        return Matrix(layer.hidden, 3 * layer.hidden, 1, layer.input_shapes[0][0])

    def fresh_inputs(self, layer: Layer) -> float:
        # the state stays in the tile's input register; what the gates add comes from the buffer
        return 3 * layer.hidden

    def driven(self, features: np.ndarray, state: State) -> np.ndarray:
        return state[0]

    def after(self, raw: np.ndarray, features: np.ndarray, state: State) -> State:
        of_state, of_input = (np.split(gates, 3, axis=1) for gates in (raw, features))
        update, reset = (logistic(of_input[k] + of_state[k]) for k in (0, 1))
        candidate = np.tanh(of_input[2] + reset * of_state[2])
        return ((1 - update) * candidate + update * state[0],)

    def forward_work(self, layer: Layer) -> Work:
        hidden = layer.hidden
        # three gates by table; their two sums each, 1 - z, r times the state's part, the mean
        step: Work = {"lookup": 3 * hidden, "add": 4 * hidden, "multiply": 2 * hidden}
        return merge(step, {"multiply_add": hidden}, scale=layer.matrix.vectors)

    def backward_work(self, layer: Layer) -> Work:
        # slopes and errors of z (3, 2), n (3, 2), r (3, 1), of r times the state (1), of the state
        step: Work = {"multiply": 11 * layer.hidden, "add": 6 * layer.hidden}
        return merge(step, scale=layer.matrix.vectors)
