"""Does every operator that trains leave as ONNX and as PyTorch, and compute there what it computes here?

Operators are found by themselves: one that trains and has no word for other programs fails here.
"""

import copy
from dataclasses import replace

import numpy as np
import pytest

from archsim.operators.array_forward import network_forward
from archsim.operators.vocabulary import FUNCTIONS, operator_of
from archsim.run.exported import export_onnx, export_torch
from archsim.run.trained_weights import trained_tensors
from archsim.training.trainable import untrainable
from hwlib.errors import InputError
from tests.conformance.operators_known import TRAINED
from tests.members import every
from tests.operator_layers import layer_of, trained_chain_of
from workloads.load import load_network
from workloads.network import Layer, Network

REVERSE = (("reverse", True),)
# What a chain of one operator does not show: products that another layer takes as its own.
GATES = Layer("gates", "linear", ("input",), ((5, 4),), (5, 9), bias=True)
WINDOWS = Layer("windows", "conv2d", ("input",), ((4, 3, 3),), (12, 3, 3), kernel=(1, 1))
FOLD = {"kernel": (2, 3), "stride": (2, 1), "padding": (1, 0, 0, 0)}
FORMS = {
    "gru of features": (GATES, Layer("it", "gru", ("gates",), ((5, 9),), (5, 3), hidden=3)),
    "gru from its end": (
        GATES,
        Layer("it", "gru", ("gates",), ((5, 9),), (5, 3), hidden=3, bias=True, settings=REVERSE),
    ),
    "transposed convolution": (
        WINDOWS,
        Layer("it", "fold", ("windows",), ((12, 3, 3),), (2, 5, 5), **FOLD),
    ),
    "attention": (
        Layer("below", "linear", ("input",), ((3, 4),), (3, 4)),
        Layer("turned", "transpose", ("below",), ((3, 4),), (4, 3), settings=(("axes", (1, 0)),)),
        Layer("it", "matmul", ("below", "turned"), ((3, 4), (4, 3)), (3, 3)),
    ),
    "scale of a channel": (
        Layer("below", "linear", ("input",), ((3, 4),), (3, 4)),
        Layer("gate", "slice", ("input",), ((3, 4),), (4,), settings=(("axis", 0),)),
        Layer("it", "multiply", ("below", "gate"), ((3, 4), (4,)), (3, 4)),
    ),
}


def form_of(name):
    layers = FORMS[name]
    shape = layers[0].input_shapes[0]
    if name == "scale of a channel":  # one row, without its axis
        row = Layer("row", "slice", ("input",), (shape,), (1, 4), settings=ROW)
        layers = (layers[0], row, Layer("gate", "reshape", ("row",), ((1, 4),), (4,)), layers[2])
    return Network("form", (Layer("input", "input", (), (), shape), *layers))


def with_constants(operator, roles, out=(3, 4), settings=()):
    """An operator of what an array gives and constants."""
    shape = (3, 4)
    below = Layer("below", "linear", ("input",), (shape,), shape)
    counted = FUNCTIONS[operator].counted_as
    function = operator if counted else ""
    words = {"function": function, "constants": roles, "settings": settings}
    it = Layer("it", counted or operator, ("below",), (shape,), out, **words)
    size = int(np.prod(out))
    flat = Layer("flat", "flatten", ("it",), (out,), (size,))
    last = Layer("last", "linear", ("flat",), ((size,),), (3,), bias=True)
    first = Layer("input", "input", (), (), shape)
    return Network("joined", (first, below, it, flat, last))


def leaves(network, folder, values=None):
    """It trains, goes out in both ways, and what comes back trains."""
    assert untrainable(network) == {}
    back = goes_out_as_onnx(network, folder, values)
    assert untrainable(back) == {}
    goes_out_as_module(network, values)


JOINS = [name for name, item in FUNCTIONS.items() if getattr(item, "trained", None)]


@pytest.mark.parametrize("taken", ["operand1", "operand2"])
def test_a_choice_by_a_constant_leaves_and_trains_on(taken, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    other = "operand2" if taken == "operand1" else "operand1"
    network = with_constants("where", ("operand0", other))
    values = values_of(network)
    values["it.operand0"] = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0]])
    leaves(network, tmp_path, values)


@pytest.mark.parametrize("role", ["part0", "part1"])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_constant_part_leaves_and_trains_on(axis, role, tmp_path):
    # a token of the classes in front of those of the image
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    shape = (5, 4) if axis == 0 else (3, 6)
    part = (2, 4) if axis == 0 else (3, 2)
    network = with_constants("concat", (role,), shape, (("axis", axis),) if axis else ())
    values = values_of(network) | {f"it.{role}": np.random.default_rng(4).normal(size=part)}
    leaves(network, tmp_path, values)


@every("role", ["operand0", "operand1"])
@every("operator", JOINS)
def test_joins_with_a_constant_leave_and_train_on(operator, role, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    leaves(with_constants(operator, (role,)), tmp_path)


MASKS = {
    "equal": ("comparison", (("relation", "equal"),)),
    "greater_equal": ("comparison", (("relation", "greater_equal"),)),
    "less": ("comparison", (("relation", "less"),)),
    "and": ("logical", (("connective", "and"),)),
    "xor": ("logical", (("connective", "xor"),)),
}


@every("kind", MASKS)
def test_masks_that_steer_a_choice_leave_and_train_on(kind, tmp_path):
    # what the array gives, where a relation of it and a constant holds, else its opposite
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    operator, settings = MASKS[kind]
    network = with_constants(operator, ("operand1",), settings=settings)
    first, below, mask, flat, last = network.layers
    shape = mask.output_shape
    mask = replace(mask, name="mask")
    opposite = Layer("opposite", "negate", ("below",), (shape,), shape)
    chosen = Layer("it", "where", ("mask", "below", "opposite"), (shape,) * 3, shape)
    layers = (first, below, mask, opposite, chosen, flat, last)
    network = replace(network, layers=layers)
    values = values_of(network)
    values["mask.operand1"] = np.array([[1, 0, 0.2, 0], [0, -0.3, 1, 1], [1, 1, 0, 0]])
    leaves(network, tmp_path, values)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("ends", [(-128, 127), (0, 255)])
def test_quantisation_leaves_and_trains_on(ends, axis, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    along = () if axis is None else (("axis", axis),)
    settings = (("low", ends[0]), ("high", ends[1]), *along)
    network = with_constants("quantize", ("scale", "zero"), settings=settings)
    first, below, codes, flat, last = network.layers
    codes = replace(codes, name="codes")
    again = replace(codes, name="it", inputs=("codes",), function="dequantize", settings=along)
    network = replace(network, layers=(first, below, codes, again, flat, last))
    count = 1 if axis is None else (3, 4)[axis]
    step = {"scale": np.linspace(0.02, 0.03, count), "zero": np.arange(count) + 3}
    values = {name: held for name, held in values_of(network).items() if "codes" not in name}
    for name in ("codes", "it"):
        values |= {f"{name}.{role}": held.astype(np.float32) for role, held in step.items()}
    leaves(network, tmp_path, values)


@pytest.mark.parametrize("form", ["float16", "bfloat16"])
def test_short_floats_leave_and_train_on(form, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    leaves(with_constants("short_float", (), settings=(("format", form),)), tmp_path)


BESIDE = {
    "resize in between": ("resize", (2, 3, 2), (2, 5, 2), (("coordinates", "align_corners"),)),
    "resize by a stated scale": ("resize", (2, 3, 2), (2, 7, 2), (("scale1", 2.5),)),
    "resize to the same size": ("resize", (2, 3, 2), (2, 3, 2), ()),
    "cubic": ("resize", (1, 3, 2), (1, 6, 4), (("mode", "cubic"), ("exclude_outside", True))),
    "even windows": ("local_response_norm", (5, 2, 2), (5, 2, 2), (("alpha", 2.0),)),
    "sums before": ("running_sum", (3, 4), (3, 4), (("axis", 1), ("exclusive", True))),
    "sums from the end": ("running_sum", (3, 4), (3, 4), (("reverse", True),)),
    "logarithms": ("log_softmax", (3, 4), (3, 4), (("axes", (0,)),)),
}


@pytest.mark.parametrize("form", BESIDE)
def test_a_setting_leaves_and_comes_back(form, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    operator, shape, out, settings = BESIDE[form]
    below = Layer("below", "linear" if len(shape) < 3 else "conv2d", ("input",), (shape,), shape)
    counted = FUNCTIONS[operator].counted_as
    words = {"settings": settings, "function": operator if counted else ""}
    if operator == "local_response_norm":
        words["kernel"] = (4, 1)
    it = Layer("it", counted or operator, ("below",), (shape,), out, **words)
    size = int(np.prod(out))
    flat = Layer("flat", "flatten", ("it",), (out,), (size,))
    last = Layer("last", "linear", ("flat",), ((size,),), (3,), bias=True)
    first = Layer("input", "input", (), (), shape)
    leaves(Network("one", (first, below, it, flat, last)), tmp_path)


@pytest.mark.parametrize("operator", ["add", "multiply", "subtract", "maximum", "minimum"])
@pytest.mark.parametrize("roles", [(), ("operand1",), ("operand0", "operand3")])
def test_joins_of_many_leave_and_train_on(operator, roles, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    network = with_constants(operator, roles)
    first, below, it, *rest = network.layers
    other = replace(below, name="other")
    it = replace(it, inputs=("below", "other", "below"), input_shapes=((3, 4),) * 3)
    leaves(replace(network, layers=(first, below, other, it, *rest)), tmp_path)


def test_several_constant_parts_leave_and_train_on(tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    network = with_constants("concat", ("part0", "part2"), (6, 4), (("lengths", (1, 2)),))
    random = np.random.default_rng(4)
    values = values_of(network) | {
        "it.part0": random.normal(size=(1, 4)),
        "it.part2": random.normal(size=(2, 4)),
    }
    leaves(network, tmp_path, values)


ROW = (("axis", 0), ("start", 1), ("stop", 2))


def values_of(network):
    random = np.random.default_rng(3)
    values = {}
    for layer in network.layers:
        if layer.on_array:
            shape = layer.matrix
            size = (shape.columns * shape.groups, shape.rows)
            values[f"{layer.name}.weights"] = random.normal(size=size) / 2
            if layer.bias:
                values[f"{layer.name}.bias"] = random.normal(size=size[0])
        elif layer.roles:
            sizes = operator_of(layer).constant_shapes(layer)
            for role in layer.roles:
                size = sizes.get(role, layer.output_shape)
                values[f"{layer.name}.{role}"] = random.normal(size=size)
    return values


def wanted_of(network, values, image):
    tensors = trained_tensors(network, values).tensors
    return network_forward(network, {network.layers[0].name: image.astype(float)}, tensors)[
        network.layers[-1].name
    ]


def image_of(network):
    size = network.layers[0].output_shape
    return np.random.default_rng(2).normal(size=size).astype(np.float32)


def close(given, wanted):
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-5 * max(1, np.abs(wanted).max()))


def goes_out_as_onnx(network, folder, values=None):
    from onnx.reference import ReferenceEvaluator
    from onnx_by_definition import OPERATORS

    image = image_of(network)
    values = values_of(network) if values is None else values
    wanted = wanted_of(network, values, image)
    path = export_onnx(network, values, folder / "net.onnx")
    both = np.stack([image, 0 * image])
    close(
        ReferenceEvaluator(str(path), new_ops=OPERATORS).run(None, {network.layers[0].name: both})[
            0
        ][0],
        wanted,
    )
    back = load_network(path)
    close(wanted_of(back, None, image), wanted)
    return back


def goes_out_as_module(network, values=None):
    import torch

    image = image_of(network)
    values = values_of(network) if values is None else values
    with torch.no_grad():
        given = export_torch(network, values).eval()(torch.tensor(image)[None])[0].numpy()
    close(given, wanted_of(network, values, image))


# Of a product of two activations a chain with one input has no place; FORMS has one.
@every("operator", [name for name in TRAINED if name != "matmul"])
def test_every_operator_that_trains_is_written_to_onnx_and_comes_back(operator, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    back = goes_out_as_onnx(trained_chain_of(operator), tmp_path)
    if operator not in NO_WORD:
        assert untrainable(back) == {}


NO_WORD = {"causal_mask"}  # a sum with a constant in ONNX


# Of a product of two activations a chain with one input has no place; FORMS has one.
@every("operator", [name for name in TRAINED if name != "matmul"])
def test_every_operator_that_trains_has_a_part_in_pytorch(operator):
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    goes_out_as_module(trained_chain_of(operator))


@pytest.mark.parametrize("form", FORMS)
def test_products_that_a_layer_takes_as_its_own(form, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    network = form_of(form)
    back = goes_out_as_onnx(network, tmp_path)
    assert len(back.array_layers) == len(network.array_layers)
    goes_out_as_module(network)


def test_a_transposed_convolution_in_groups_as_a_module():
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    network = form_of("transposed convolution")
    first, windows, fold = network.layers
    goes_out_as_module(Network("groups", (first, replace(windows, groups=2), fold)))


VECTORS = (5, 4)
TIED = {
    "linear": Layer("one", "linear", ("input",), (VECTORS,), VECTORS, bias=True),
    "transposed": Layer("one", "linear", ("input",), (VECTORS,), VECTORS),
    "conv2d": Layer("one", "conv2d", ("input",), ((2, 4, 4),), (2, 4, 4), groups=2, bias=True),
    "lstm": Layer("one", "lstm", ("input",), (VECTORS,), VECTORS, hidden=4, bias=True),
}


@pytest.mark.parametrize("kind", TIED)
def test_weights_that_two_layers_share_leave_once(kind, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    one = TIED[kind]
    shape = one.output_shape
    bend = Layer("bend", "tanh", ("one",), (shape,), shape)
    two = replace(one, name="two", inputs=("bend",), shares="one", transposed=kind == "transposed")
    flat = Layer("flat", "flatten", ("two",), (shape,), (int(np.prod(shape)),))
    last = Layer("last", "linear", ("flat",), (flat.output_shape,), (3,))
    network = Network("tied", (Layer("input", "input", (), (), shape), one, bend, two, flat, last))
    values = {name: held for name, held in values_of(network).items() if not name.startswith("two")}
    assert untrainable(network) == {}
    back = goes_out_as_onnx(network, tmp_path, values)
    assert untrainable(back) == {} and back.weights == network.weights
    goes_out_as_module(network, values)
    import torch

    module = export_torch(network, values)
    held = sum(parameter.numel() for parameter in module.parameters())
    assert held == sum(np.size(item) for item in values.values()) + 16 * (kind == "lstm")
    # a copy is a module of its own, whose layers still share
    copied = copy.deepcopy(module)
    for parameter in module.parameters():
        parameter.data.zero_()
    wanted = wanted_of(network, values, image_of(network))
    given = copied(torch.tensor(image_of(network))[None])[0].detach().numpy()
    close(given, wanted)


@pytest.mark.parametrize("operator", ["lstm", "rnn"])
def test_a_recurrent_layer_from_its_end(operator, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    layer = layer_of(operator)
    turned = Layer(
        "it", operator, ("input",), layer.input_shapes, (5, 3), hidden=3, settings=REVERSE
    )
    first = Layer("input", "input", (), (), layer.input_shapes[0])
    network = Network("turned", (first, turned))
    goes_out_as_onnx(network, tmp_path)
    goes_out_as_module(network)


NORMS = {"layer_norm": (3, 4), "group_norm": (4, 2, 3), "rms_norm": (4,)}


@every(
    "operator, words",
    [(name, words) for name in NORMS for words in ((), ("scale",), ("shift",), ("scale", "shift"))],
)
def test_a_normalisation_leaves_with_the_words_that_it_has(operator, words, tmp_path):
    pytest.importorskip("onnx", reason="needs the package onnx (pip install archsim[onnx])")
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    shape = NORMS[operator]
    first = Layer("input", "input", (), (), shape)
    norm = Layer("it", operator, ("input",), (shape,), shape, constants=words)
    network = Network("norm", (first, norm))
    goes_out_as_onnx(network, tmp_path)
    if operator == "rms_norm" and "shift" in words:
        with pytest.raises(InputError, match="no part here"):
            goes_out_as_module(network)
    else:
        goes_out_as_module(network)
