"""Does every operator form that the importer takes compute what ONNX's own reference evaluator
computes?
"""

import numpy as np
import pytest

pytest.importorskip(
    "onnx", reason="the ONNX importer's tests need the package onnx (pip install archsim[onnx])"
)

from onnx_cases import assert_equal_values, imported_outputs, make_model, node, write
from onnx_forms import FORMS, IMAGE, ints, weight
from onnx_forms_einsum import FORMS as EINSUM
from onnx_forms_joined import FORMS as JOINED
from onnx_forms_more import FORMS as MORE
from onnx_forms_moved import FORMS as MOVED
from onnx_forms_moved import ONE_IMAGE
from onnx_forms_quantised import FORMS as QUANTISED

from tests.members import every
from workloads import load_network


@every("images", [1, 3])
@every("form", [*FORMS, *JOINED, *MORE, *MOVED, *QUANTISED, *EINSUM])
def test_operator_form(tmp_path, form, images):
    _, nodes, shape, weights, opset = form
    model = make_model(nodes, [("x", ["N", *shape])], weights, opset)
    x = np.random.default_rng(len(nodes)).uniform(-2, 2, (images, *shape)).astype(np.float32)
    assert_equal_values(model, tmp_path / "net.onnx", {"x": x}, images)


def test_constant_part_of_a_concat(tmp_path):
    """A constant has no batch, so only one image can be joined with it at a time."""
    model = make_model(
        [node("Concat", ["x", "c", "x"], axis=2)], [("x", [1, 4, 3])], [("c", weight(1, 4, 2))]
    )
    assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(1, 4, 3)})


def test_response_norm(tmp_path):
    """The evaluator (1.23) walks over as many channels as there are images, so that as many images
    are needed.
    """
    for fields in (
        {"size": 3, "alpha": 0.2, "beta": 0.6, "bias": 1.5},
        {"size": 4, "alpha": 0.5},
        {"size": 1, "alpha": 2.0},
    ):
        model = make_model([node("LRN", ["x"], **fields)], [("x", ["N", 7, 4, 3])])
        assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(7, 7, 4, 3)}, 7)


def by_definition(tmp_path, nodes, x, weights, opset, wanted):
    network = load_network(
        write(make_model(nodes, [("x", [1, *x.shape])], weights, opset), tmp_path / "net.onnx")
    )
    got = imported_outputs(network, {"x": x[None]}, 1)
    np.testing.assert_allclose(got.reshape(-1), wanted.reshape(-1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "axis"), [("Softmax", 1), ("Softmax", 2), ("LogSoftmax", 1), ("LogSoftmax", -1)]
)
def test_softmax_before_opset_13_runs_over_all_axes_from_its_own_on(tmp_path, kind, axis):
    """The evaluator knows the newer meaning only: here the definition of opset 11 is written out."""
    x = weight(*IMAGE)
    flat = x.reshape(int(np.prod(x.shape[: axis - 1] if axis > 0 else x.shape[:2])), -1).astype(
        np.float64
    )
    wanted = np.exp(flat) / np.exp(flat).sum(axis=1, keepdims=True)
    by_definition(
        tmp_path,
        [node(kind, ["x"], axis=axis)],
        x,
        [],
        11,
        wanted if kind == "Softmax" else np.log(wanted),
    )


def test_largest_of_a_line_and_negative_padding(tmp_path):
    """Forms at which the evaluator fails."""
    x = weight(3, 8)
    by_definition(tmp_path, [node("GlobalMaxPool", ["x"])], x, [], 21, x.max(axis=1))
    x = weight(*IMAGE)
    wanted = np.pad(x[:, 1:, :-2], ((0, 0), (0, 1), (1, 0)))
    by_definition(
        tmp_path, [node("Pad", ["x", "p"])], x, [("p", ints(0, 0, -1, 1, 0, 0, 1, -2))], 21, wanted
    )


def test_largest_of_a_volume(tmp_path):
    """The evaluator takes the wrong axes."""
    x = weight(2, 5, 6, 4)
    by_definition(
        tmp_path, [node("GlobalMaxPool", ["x"])], x, [], 21, x.max(axis=(1, 2, 3)).reshape(-1)
    )


def test_a_grouped_transposed_convolution(tmp_path):
    """The evaluator fails at groups: each input is added, times its kernel, where it reaches."""
    w = weight(4, 3, 3, 3)
    b = weight(6)
    x = weight(4, 6, 5)
    height, width = x.shape[1:]
    wanted = np.zeros((6, 2 * height + 1, width + 2)) + b[:, None, None]
    for channel, y, z in np.ndindex(x.shape):
        first = 3 * (channel // 2)
        wanted[first : first + 3, 2 * y : 2 * y + 3, z : z + 3] += x[channel, y, z] * w[channel]
    nodes = [node("ConvTranspose", ["x", "w", "b"], group=2, strides=[2, 1])]
    by_definition(tmp_path, nodes, x, [("w", w), ("b", b)], 21, wanted)


@pytest.mark.parametrize("form", ONE_IMAGE, ids=lambda form: form[0])
def test_operator_form_of_one_image(tmp_path, form):
    """What takes elements by a list may take them from any image: only one is taken."""
    _, nodes, shape, weights, opset = form
    model = make_model(nodes, [("x", [1, *shape])], weights, opset)
    assert_equal_values(model, tmp_path / "net.onnx", {"x": weight(1, *shape)})
