"""Do the compiled kernels of operators equal their plain Python, and their gradients finite differences?

Operators are found by themselves: a new file is taken up here without a line.
"""

import dataclasses
import functools

import numpy as np
import pytest

from archsim.operators.base import ArrayKernel, Kernel
from archsim.operators.compiled import (
    ARRAY_KERNELS,
    DIGITAL_KERNELS,
    LAYER_KERNELS,
    RECURRENT_KERNELS,
    backward_of,
    compiled,
    each_error,
    each_value,
    forward_of,
)
from archsim.operators.forward import apply
from archsim.operators.vocabulary import FUNCTIONS
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from tests.conformance.operators_known import BY_FORM, TRAINED, F, values_of
from tests.near import near
from tests.operator_layers import POSITIVE, layer_of, trained_chain_of

RATE = 0.5


# Kernels: plain functions of the operators' files, and the machine code that training runs.


def kernel_rows(operator, settings=()):
    layer = layer_of(operator)
    if settings:
        layer = dataclasses.replace(layer, settings=settings)
    return layer, FUNCTIONS[operator].training(layer, "test")


def run_rows(layer, rows, inputs, forward):
    """Outputs of a layer by its kernels, and what each row kept."""
    outputs = np.zeros(layer.output_elements, F)
    kept = []
    for row in rows:
        size = len(outputs) if row.size is None else row.size
        kept.append(np.zeros(row.kept, F))
        window = np.array(row.window, np.int64)
        part = outputs[row.start : row.start + size]
        forward(row.kernel)(inputs[row.source], part, window, kept[-1])
    return outputs, kept


def rows_back(layer, rows, inputs, outputs, kept, errors, backward):
    below = [np.zeros(len(values), F) for values in inputs]
    for row, held in zip(rows, kept):
        size = len(outputs) if row.size is None else row.size
        part = slice(row.start, row.start + size)
        window = np.array(row.window, np.int64)
        backward(row.kernel)(
            inputs[row.source], outputs[part], held, errors[part], below[row.source], window
        )
    return below


def plain_forward(kernel):
    if not kernel.elementwise:
        return kernel.forward
    return rebound(each_value, value=kernel.forward)


def plain_backward(kernel):
    if not kernel.elementwise:
        return kernel.backward
    return rebound(each_error, back=kernel.backward)


def rebound(function, **names):
    return type(function)(function.__code__, {**function.__globals__, **names})


def plain_rows(name):
    """Whether a layer of the operator is computed by kernels of its values alone."""
    rows = FUNCTIONS[name].training(layer_of(name), "test")
    return all(isinstance(row.kernel, Kernel) for row in rows)


# (operator, settings), each form that has a kernel of its own
DIGITAL = [
    pytest.param(name, settings, id=" ".join([name, *(str(value) for _, value in settings)]))
    for name in TRAINED
    if plain_rows(name)
    for settings in sorted(
        {item.settings for item in FUNCTIONS[name].kernels if isinstance(item, Kernel)}
    )
]


@functools.cache
def flat_inputs(operator):
    layer = layer_of(operator)
    given = [values_of(int(np.prod(shape)), 3 + k) for k, shape in enumerate(layer.input_shapes)]
    return [np.abs(values) for values in given] if operator in POSITIVE else given


@pytest.mark.parametrize("operator, settings", DIGITAL)
def test_its_kernel_equals_its_forward_and_its_plain_twin(operator, settings):
    layer, rows = kernel_rows(operator, settings)
    inputs = flat_inputs(operator)
    outputs, kept = run_rows(layer, rows, inputs, forward_of)
    exact = apply(layer, [v.reshape(s) for v, s in zip(inputs, layer.input_shapes)])
    np.testing.assert_allclose(outputs, np.ravel(exact), rtol=2e-6, atol=2e-6)
    plain, plain_kept = run_rows(layer, rows, inputs, plain_forward)
    np.testing.assert_allclose(outputs, plain, rtol=1e-6, atol=1e-6)
    errors = values_of(len(outputs), 9)
    below = rows_back(layer, rows, inputs, outputs, kept, errors, backward_of)
    twin = rows_back(layer, rows, inputs, outputs, plain_kept, errors, plain_backward)
    for ours, theirs in zip(below, twin):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    "operator, settings", [it for it in DIGITAL if not FUNCTIONS[it.values[0]].straight_through]
)
def test_its_error_is_the_finite_difference_of_its_forward(operator, settings):
    # of the sum of outputs times errors, by the exact forward in double precision
    layer, rows = kernel_rows(operator, settings)
    inputs = flat_inputs(operator)
    outputs, kept = run_rows(layer, rows, inputs, forward_of)
    errors = values_of(len(outputs), 9)
    below = rows_back(layer, rows, inputs, outputs, kept, errors, backward_of)

    def total(values):
        shaped = [v.reshape(s) for v, s in zip(values, layer.input_shapes)]
        return float(np.ravel(apply(layer, shaped)) @ errors)

    h = 1e-5
    for source, error in enumerate(below):
        for k in range(0, len(error), max(1, len(error) // 20)):
            slopes = []
            for move in (-h, h):
                moved = [values.astype(float) for values in inputs]
                moved[source][k] += move
                slopes.append(total(moved))
            slope = (slopes[1] - slopes[0]) / (2 * h)
            assert error[k] == pytest.approx(slope, rel=1e-4, abs=1e-5), (source, k)


@pytest.mark.parametrize("kernel", ARRAY_KERNELS, ids=lambda kernel: kernel.name)
def test_what_an_array_scatters_is_the_transpose_of_what_it_gathers(kernel):
    # <gather(x), d> = <x, scatter(d)> for all x and d; machine code and plain function alike
    operator = next(name for name, item in FUNCTIONS.items() if kernel in item.kernels)
    layer, (row,) = kernel_rows(operator)
    shape = layer.matrix
    x = values_of(int(np.prod(layer.input_shapes[0])), 3)
    window = np.array(row.window, np.int64)
    block = np.zeros((shape.rows, shape.vectors), F)
    compiled(kernel.gather)(x, window, block)
    plain = np.zeros_like(block)
    kernel.gather(x, window, plain)
    np.testing.assert_array_equal(block, plain)
    d = values_of(block.shape, 5)
    below = np.zeros_like(x)
    plain_below = np.zeros_like(x)
    compiled(kernel.scatter)(d, window, below)
    kernel.scatter(d, window, plain_below)
    np.testing.assert_array_equal(below, plain_below)
    assert np.vdot(block.astype(float), d) == near(np.vdot(x.astype(float), below), rel=1e-5)


def test_every_kernel_belongs_to_an_operator_that_trains():
    used = {item for name in (*TRAINED, *BY_FORM) for item in FUNCTIONS[name].kernels}
    assert used == {*DIGITAL_KERNELS, *ARRAY_KERNELS, *RECURRENT_KERNELS, *LAYER_KERNELS}
    assert all(isinstance(item, ArrayKernel) for item in ARRAY_KERNELS)


# The scores of a mask are 1e9 below the others, which nothing but a softmax can follow; what it passes
# back is held in test_layer_kernels.py.
@pytest.mark.parametrize("operator", [name for name in TRAINED if name != "causal_mask"])
def test_a_network_with_it_trains_along_the_gradient(operator):
    # the layer below it moves by minus the slope of the loss
    network = trained_chain_of(operator)
    machine = Machine(network, TrainingSettings(rule="float", learning_rate=RATE))
    image = values_of((1, machine.program.input_size), 7)
    label = np.array([[1]])
    start = machine.arrays.weights.copy()
    kept = machine.kept.record.values.copy()

    def loss_at(weights):
        machine.arrays.weights[:] = weights
        machine.kept.record.values[:] = kept  # statistics follow every image
        machine.clear_counters()
        machine.train(image, label, np.zeros(1, np.int64), 0)
        return machine.results[0]

    loss_at(start)
    step = (machine.arrays.weights - start) / RATE
    assert np.abs(step).max() > 1e-4
    direction = step / np.linalg.norm(step)
    h = F(2e-3)  # small: a maximum has kinks
    slope = (loss_at(start + h * direction) - loss_at(start - h * direction)) / (2 * h)
    # along minus the gradient the loss falls by the gradient's length
    assert slope == near(-np.linalg.norm(step), rel=2e-2)
