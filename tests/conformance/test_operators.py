"""Does every operator do what its file says: cost what it declares, compute what ONNX defines, pass
errors back as its derivative asks, alike in machine code and in plain Python?

Operators are found by themselves: a new file is taken up here without a line.
"""

import ast
import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.operators.base import ArrayKernel, Kernel
from archsim.operators.compiled import (
    ARRAY_KERNELS,
    DIGITAL_KERNELS,
    backward_of,
    each_error,
    each_value,
    forward_of,
    gather,
    scatter,
)
from archsim.operators.forward import apply, can_carry
from archsim.operators.vocabulary import FUNCTIONS, OPERATORS, VECTOR_OPERATORS
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings
from archsim.training.trainable import untrainable
from tests.operator_layers import chain_of, layer_of, trained_chain_of
from workloads.network import Layer

ROOT = Path(archsim.__file__).parents[1]
FOLDER = ROOT / "archsim" / "operators"
F = np.float32
RATE = 0.5
TRAINED = [
    name
    for name in OPERATORS
    if FUNCTIONS[name].kernels and not untrainable(trained_chain_of(name))
]
ELEMENTWISE = [name for name, item in FUNCTIONS.items() if item.elementwise]


def test_one_operator_is_one_file():
    files = {
        path.stem
        for folder in ("array", "vector", "free")
        for path in (FOLDER / folder).glob("*.py")
        if path.stem != "__init__"
    }
    assert files == set(FUNCTIONS)
    for name, item in FUNCTIONS.items():
        assert type(item).__module__.split(".")[-2:] == [
            item.kind if not item.counted_as else "vector",
            name,
        ]


@pytest.mark.parametrize("operator", VECTOR_OPERATORS)
def test_a_run_counts_the_work_that_the_operator_declares(operator):
    # an image forward; a training step adds the way back
    network, item = chain_of(operator), FUNCTIONS[operator]
    layer = network.layer("it")
    forward, backward = item.forward_work(layer), item.backward_work(layer)
    run = archsim.simulate(network, "cim40", timing=False)
    assert counted(run, "it", "forward") == pytest.approx(positive(forward))
    run = archsim.simulate(network, "cim40", phase="training", scheme="sgd", timing=False)
    assert counted(run, "it", "forward") == pytest.approx(positive(forward))
    assert counted(run, "it", "backward") == pytest.approx(positive(backward))


def positive(work):
    return {action: count for action, count in work.items() if count}


def counted(run, layer, phase):
    return {
        row["action"]: row["count"]
        for row in run.ledger
        if (row["component"], row["layer"], row["phase"]) == ("vector_unit", layer, phase)
    }


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "input"])
def test_a_network_with_it_carries_data_or_says_why_not(operator):
    network = chain_of(operator)
    if FUNCTIONS[operator].may_be_folded or can_carry(network.layer("it")):
        assert np.isfinite(archsim.simulate(network, "cim40", data="random").outputs).all()
        return
    with pytest.raises(archsim.InputError, match=f"{operator} 'it'"):
        archsim.simulate(network, "cim40", data="random")


def values_of(shape, seed=1):
    """Random numbers, none of them near the kinks at zero."""
    numbers = np.random.default_rng(seed).uniform(0.2, 2.0, shape)
    return (numbers * np.random.default_rng(seed + 1).choice((-1, 1), shape)).astype(F)


@pytest.mark.parametrize("operator", ELEMENTWISE)
def test_its_forward_equals_the_reference_evaluator(operator):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx_cases import make_model, node, onnx_module

    item = FUNCTIONS[operator]
    x = values_of((4, 7))
    for kind in item.onnx:
        opset = max(21, onnx_module("defs").get_schema(kind).since_version)
        if kind == "PRelu":  # the same function with its slope as an input
            nodes, settings = [node(kind, ["x", "s"])], {"alpha": F(0.25)}
            model = make_model(nodes, [("x", [4, 7])], [("s", np.array([0.25], F))], opset)
        elif kind == "Clip":  # its bounds are inputs
            nodes, settings = [node(kind, ["x", "l", "h"])], {"low": F(-0.5), "high": F(0.75)}
            weights = [("l", F(-0.5)), ("h", F(0.75))]
            model = make_model(nodes, [("x", [4, 7])], weights, opset)
        else:
            settings = dict(item.settings)
            model = make_model([node(kind, ["x"], **settings)], [("x", [4, 7])], (), opset)
        wanted = onnx_module("reference").ReferenceEvaluator(model).run(None, {"x": x})[0]
        layer = Layer(
            "it",
            item.counted_as or operator,
            ("x",),
            ((4, 7),),
            (4, 7),
            function=operator if item.counted_as else "",
            settings=tuple(settings.items()),
        )
        np.testing.assert_allclose(apply(layer, [x]), wanted, rtol=1e-5, atol=1e-6)


def test_every_name_in_onnx_has_a_converter_and_one_operator():
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from workloads.onnx_file import CONVERTERS

    names = [kind for item in FUNCTIONS.values() for kind in item.onnx]
    assert set(names) == set(CONVERTERS)
    # a product with a weight sits on an array, one of two activations does not; a look-up in a
    # table is no choice of elements, an interpolation no repetition
    twice = sorted(kind for kind in set(names) if names.count(kind) > 1)
    assert twice == ["Gather", "MatMul", "Resize"]


def test_every_name_in_onnx_is_held_to_the_reference_evaluator():
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    from onnx_by_definition import OPERATORS as BY_DEFINITION
    from onnx_forms import FORMS
    from onnx_forms_more import FORMS as MORE
    from onnx_forms_moved import FORMS as MOVED
    from onnx_forms_moved import ONE_IMAGE

    tried = {item.op_type for form in [*FORMS, *MORE, *MOVED, *ONE_IMAGE] for item in form[1]}
    # where the evaluator departs from the definition, that is written out
    tried |= {item.__name__ for item in BY_DEFINITION}
    lacking = {
        kind
        for item in FUNCTIONS.values()
        if not item.elementwise and item.kind != "array"
        for kind in item.onnx
    } - tried
    # the file's own quantisation is not computed but refused
    assert lacking <= {"QuantizeLinear", "DequantizeLinear"}


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


# (operator, settings), each form that has a kernel of its own
DIGITAL = [
    pytest.param(name, settings, id=" ".join([name, *(str(value) for _, value in settings)]))
    for name in TRAINED
    if all(isinstance(item, Kernel) for item in FUNCTIONS[name].kernels)
    for settings in sorted({item.settings for item in FUNCTIONS[name].kernels})
]


@functools.cache
def flat_inputs(operator):
    layer = layer_of(operator)
    return [values_of(int(np.prod(shape)), 3 + k) for k, shape in enumerate(layer.input_shapes)]


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


@pytest.mark.parametrize("operator, settings", DIGITAL)
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
    number = np.int64(ARRAY_KERNELS.index(kernel))
    operator = next(name for name, item in FUNCTIONS.items() if kernel in item.kernels)
    layer, (row,) = kernel_rows(operator)
    shape = layer.matrix
    x = values_of(int(np.prod(layer.input_shapes[0])), 3)
    window = np.array(row.window, np.int64)
    block = np.zeros((shape.rows, shape.vectors), F)
    gather(number, x, window, block)
    plain = np.zeros_like(block)
    kernel.gather(x, window, plain)
    np.testing.assert_array_equal(block, plain)
    d = values_of(block.shape, 5)
    below, plain_below = np.zeros_like(x), np.zeros_like(x)
    scatter(number, d, window, below)
    kernel.scatter(d, window, plain_below)
    np.testing.assert_array_equal(below, plain_below)
    assert np.vdot(block.astype(float), d) == pytest.approx(
        np.vdot(x.astype(float), below), rel=1e-5
    )


def test_every_kernel_belongs_to_an_operator_that_trains():
    used = {item for name in TRAINED for item in FUNCTIONS[name].kernels}
    assert used == {*DIGITAL_KERNELS, *ARRAY_KERNELS}
    assert all(isinstance(item, ArrayKernel) for item in ARRAY_KERNELS)


@pytest.mark.parametrize("operator", TRAINED)
def test_a_network_with_it_trains_along_the_gradient(operator):
    # the layer below it moves by minus the slope of the loss
    network = trained_chain_of(operator)
    machine = Machine(network, TrainingSettings(rule="float", learning_rate=RATE))
    image = values_of((1, machine.program.input_size), 7)
    label = np.array([[1]])
    start = machine.arrays.weights.copy()

    def loss_at(weights):
        machine.arrays.weights[:] = weights
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
    assert slope == pytest.approx(-np.linalg.norm(step), rel=2e-2)


# Where one operator is what the sentence is about, and no chain of them is told apart.
SPOKEN_OF = {
    "workloads/onnx/builder.py": {"reshape", "flatten", "transpose"},  # reshapes become one
    "workloads/onnx/joins.py": {"linear"},  # an Add behind a product is its bias
    "workloads/network.py": {"reshape"},  # joins of a layer table
    "workloads/tables/products.py": {"matmul"},  # products of two activations
    "archsim/studies/batches.py": {
        "flatten",
        "reshape",
        "identity",
        "softmax",
    },  # a study of chains
}


def test_nobody_but_an_operator_tells_operators_apart():
    told = {}
    for path in sorted([*ROOT.glob("archsim/**/*.py"), *ROOT.glob("workloads/**/*.py")]):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith("archsim/operators/"):
            continue
        names = set()
        for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(item, ast.Compare) and "operator" in ast.unparse(item):
                words = {c.value for c in ast.walk(item) if isinstance(c, ast.Constant)}
                names |= {word for word in words if word in FUNCTIONS and word != "input"}
        if names:
            told[file] = names
    assert {file: names for file, names in told.items() if names - SPOKEN_OF.get(file, set())} == {}
