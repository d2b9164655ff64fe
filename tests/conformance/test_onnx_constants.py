"""Are constants that an exporter leaves as operators worked out as ONNX defines them, and does
`check` say so where they are not?
"""

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import assert_equal_values, make_model, node, write

import archsim
from archsim.soc.data.request import exact_tensors
from workloads import load_network


def weight(*shape):
    return np.random.default_rng(int(np.prod(shape))).uniform(-1, 1, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def test_a_standardised_weight(tmp_path):
    """As a convolution of BiT has it: its weight is normalised in the graph."""
    nodes = [
        node("ReduceMean", ["w"], ["mean"], axes=[1, 2, 3], keepdims=1),
        node("Sub", ["w", "mean"], ["centred"]),
        node("Mul", ["centred", "centred"], ["squares"]),
        node("ReduceMean", ["squares"], ["variance"], axes=[1, 2, 3], keepdims=1),
        node("Sqrt", ["variance"], ["deviation"]),
        node("Div", ["centred", "deviation"], ["standard"]),
        node("Conv", ["x", "standard"]),
    ]
    model = make_model(nodes, [("x", ["N", 2, 5, 5])], [("w", weight(3, 2, 3, 3))], 13)
    network = assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(1, 2, 5, 5)})
    assert network.weights == 54 and archsim.check(tmp_path / "net.onnx").carries_data


def test_a_table_that_is_interpolated_and_clipped(tmp_path):
    nodes = [
        node("Resize", ["table", "", "", "same size"], ["large"], mode="linear"),
        node("Clip", ["large", "low"], ["clipped"]),
        node("Reshape", ["clipped", "row"], ["places"]),
        node("Identity", ["stored size"], ["same size"]),
        node("Add", ["x", "places"]),
    ]
    stored = [
        ("table", weight(1, 2, 2, 2)),
        ("stored size", ints(1, 2, 4, 4)),
        ("low", np.float32(-0.5)),
        ("row", ints(1, -1, 16)),
    ]
    model = make_model([nodes[3], *nodes[:3], nodes[4]], [("x", ["N", 2, 16])], stored, 17)
    assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(1, 2, 16)})


def test_a_size_that_comes_by_way_of_a_broken_number(tmp_path):
    """As MobileViT has it: half of a size, rounded up."""
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "second"], ["size"], axis=0),
        node("Cast", ["size"], ["broken"], to=1),
        node("Div", ["broken", "two"], ["half"]),
        node("Ceil", ["half"], ["up"]),
        node("Cast", ["up"], ["rows"], to=7),
        node("Concat", ["one", "rows", "rest"], ["wanted"], axis=0),
        node("Reshape", ["x", "wanted"], ["z"]),
        node("Relu", ["z"]),
    ]
    stored = [
        ("second", ints(1)),
        ("two", np.float32([2.0])),
        ("one", ints(1)),
        ("rest", ints(2, 3)),
    ]
    model = make_model(nodes, [("x", [1, 6, 3])], stored, 17)
    network = assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(1, 6, 3)})
    assert network.output_shape == (3, 2, 3)


@pytest.mark.parametrize(("kind", "carries"), [("Det", False), ("Softplus", True)])
def test_check_and_loading_say_the_same_of_a_constant(tmp_path, kind, carries):
    matrices = weight(4, 3, 3) if kind == "Det" else weight(4)
    nodes = [node(kind, ["c"], ["d"]), node("Mul", ["x", "d"])]
    path = write(make_model(nodes, [("x", ["N", 4])], [("c", matrices)]), tmp_path / "net.onnx")
    checked = archsim.check(path)
    assert checked.loads and checked.carries_data == carries
    if carries:
        exact_tensors(load_network(path))
        return
    with pytest.raises(archsim.InputError, match="'d' are not stored") as fault:
        exact_tensors(load_network(path))
    assert checked.without_values == (str(fault.value),)


CALL = "%{0} = call_function[target=torch.ops.aten.linear.default](args = (%x, %p_fc{1}_weight))"


@pytest.mark.parametrize(
    ("second", "changed", "owners"),
    [
        ("", 0.0, 1),  # the same parameter
        ("2", 0.0, 2),  # another parameter that begins alike
        ("", 1.0, 2),  # a note that is not true
    ],
)
def test_a_parameter_that_was_stored_twice_is_one_weight(tmp_path, second, changed, owners):
    """As PyTorch's newer exporter does: it turns the weight for each of two calls of a module."""
    nodes = [node("MatMul", ["x", "val_1"], ["a"]), node("MatMul", ["a", "val_2"])]
    for each, suffix in zip(nodes, ("", second)):
        note = each.metadata_props.add()
        note.key = "pkg.torch.onnx.fx_node"
        note.value = CALL.format(each.output[0], suffix)
        note = each.metadata_props.add()
        note.key = "pkg.torch.onnx.name_scopes"
        note.value = f"['', 'net.fc{suffix}', 'linear']"
    stored = [("val_1", weight(40, 40)), ("val_2", weight(40, 40) + np.float32(changed))]
    model = make_model(nodes, [("x", ["N", 40])], stored)
    network = assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(1, 40)})
    assert network.weights == owners * 1600
    names = [layer.name for layer in network.array_layers]  # those of the modules
    assert names == ["net.fc", "net.fc2" if second else "net.fc_2"]
