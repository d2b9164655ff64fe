"""ONNX networks that are broken are refused with what is wrong, where."""

import importlib
import random

import numpy as np
import pytest

from hwlib.errors import InputError
from workloads import load_network

TOP = "schema = 1\ninput = [3, 8, 8]\n"
CONV = '[[layer]]\nname = "conv1"\noperator = "conv2d"\nchannels = 4\nkernel = 3\n'
FLAT = '[[layer]]\nname = "flat"\noperator = "flatten"\n'


def check(path, content, message):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        load_network(path)
    text = str(caught.value)
    assert message in text, text
    assert path.name in text and "\n" not in text and len(text) < 1500


def test_missing_onnx_package(tmp_path, monkeypatch):
    monkeypatch.setitem(importlib.import_module("sys").modules, "onnx", None)
    check(tmp_path / "net.onnx", b"abc", "pip install archsim[onnx]")


# ONNX


def tensor(name, *shape):
    return importlib.import_module("onnx.helper").make_tensor(
        name, 1, shape, [0.0] * abs(importlib.import_module("math").prod(shape))
    )


def onnx_bytes(nodes, inputs=(("x", [1, 3, 8, 8]),), weights=(), opset=17, outputs=(("y", None),)):
    helper = importlib.import_module("onnx.helper")
    made = [
        helper.make_node(kind, list(reads), list(writes), **fields)
        for kind, reads, writes, fields in nodes
    ]
    infos = [
        [helper.make_tensor_value_info(name, 1, shape) for name, shape in items]
        for items in (inputs, outputs)
    ]
    graph = helper.make_graph(made, "g", *infos, [tensor(*item) for item in weights])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)]
    ).SerializeToString()


def one(kind, reads=("x",), **fields):
    return [(kind, reads, ["y"], fields)]


CONV_NODES = [("Conv", ["x", "w"], ["y"], {})]
ONNX = {
    "empty": (lambda: b"", "the file is empty"),
    "random bytes": (lambda: random.Random(1).randbytes(4096), "net.onnx: "),
    "text": (lambda: b"not an onnx file at all", "net.onnx: "),
    "truncated": (lambda: onnx_bytes(CONV_NODES, weights=[("w", 4, 3, 3, 3)])[:-40], "cut short"),
    "no nodes": (lambda: onnx_bytes([]), "no graph with nodes"),
    "cycle": (
        lambda: onnx_bytes(
            [("Add", ["x", "b"], ["a"], {}), ("Relu", ["a"], ["b"], {}), ("Relu", ["b"], ["y"], {})]
        ),
        "has a cycle",
    ),
    "unsupported": (
        lambda: onnx_bytes(one("DeformConv", ["x", "w"]), weights=[("w", 3, 4, 2, 2)]),
        "node 0 (DeformConv): operator",
    ),
    "unsupported, named": (
        lambda: onnx_bytes(
            [("Relu", ["x"], ["a"], {}), ("NonZero", ["a"], ["y"], {"name": "odd"})]
        ),
        "node 1 'odd' (NonZero): operator NonZero",
    ),
    "other domain": (
        lambda: onnx_bytes(one("FusedConv", domain="com.microsoft")),
        "operator com.microsoft.FusedConv is not supported",
    ),
    "control flow": (lambda: onnx_bytes(one("Loop")), "export without control flow"),
    "recurrent": (
        lambda: onnx_bytes(
            one("GRU", ["x", "w", "r"]), [("x", [5, 1, 8])], [("w", 1, 9, 8), ("r", 1, 12, 3)]
        ),
        "the GRU's weights do not fit",
    ),
    "unknown dimension": (
        lambda: onnx_bytes(one("Relu"), [("x", ["N", 3, "height", 8])]),
        "no size for 'height'",
    ),
    "dimension without name": (
        lambda: onnx_bytes(one("Relu"), [("x", ["N", 3, None, 8])]),
        "no size for 'dimension 2'",
    ),
    "input without shape": (
        lambda: onnx_bytes(one("Relu"), [("x", None)]),
        "input 'x' has no shape",
    ),
    "negative dimension": (
        lambda: onnx_bytes(one("Relu"), [("x", [1, -3])]),
        "no size for 'dimension 1'",
    ),
    "huge dimension": (
        lambda: onnx_bytes(one("Relu"), [("x", [1, 2**41])]),
        "has an impossible shape",
    ),
    "opset of tomorrow": (
        lambda: onnx_bytes(one("Relu"), opset=999),
        "unsupported ONNX opset; got 999",
    ),
    "opset of old": (lambda: onnx_bytes(one("Relu"), opset=3), "unsupported ONNX opset; got 3"),
    "kernel too large": (
        lambda: onnx_bytes(CONV_NODES, weights=[("w", 4, 3, 9, 9)]),
        "net.onnx: node 0 (Conv)",
    ),
    "wrong channels": (
        lambda: onnx_bytes(CONV_NODES, weights=[("w", 4, 5, 3, 3)]),
        "net.onnx: node 0 (Conv)",
    ),
    "wrong groups": (
        lambda: onnx_bytes(
            [("Conv", ["x", "w"], ["y"], {"group": 2})], weights=[("w", 4, 3, 3, 3)]
        ),
        "node 0 (Conv)",
    ),
    "wrong kernel_shape": (
        lambda: onnx_bytes(
            [("Conv", ["x", "w"], ["y"], {"kernel_shape": [5, 5]})], weights=[("w", 4, 3, 3, 3)]
        ),
        "node 0 (Conv)",
    ),
    "stride zero": (
        lambda: onnx_bytes(
            [("Conv", ["x", "w"], ["y"], {"strides": [0, 0]})], weights=[("w", 4, 3, 3, 3)]
        ),
        "node 0 (Conv)",
    ),
    "too deep": (
        lambda: onnx_bytes(CONV_NODES, [("x", [1, 3, 10**9, 8, 8])], [("w", 4, 3, 3, 3, 3)]),
        "planes deep",
    ),
    "four dimensions": (
        lambda: onnx_bytes(CONV_NODES, [("x", [1, 3, 8, 8, 8, 8])], [("w", 4, 3, 3, 3, 3, 3)]),
        "only convolutions of one to three dimensions",
    ),
    "computed weights": (
        lambda: onnx_bytes(
            [("Relu", ["v"], ["w"], {}), *CONV_NODES], [("x", [1, 3, 8, 8]), ("v", [4, 3, 3, 3])]
        ),
        "run time",
    ),
    "product does not fit": (
        lambda: onnx_bytes(one("MatMul", ["x", "w"]), [("x", [1, 4])], [("w", 5, 2)]),
        "node 0 (MatMul)",
    ),
    "input never made": (
        lambda: onnx_bytes(one("Add", ["x", "ghost"])),
        "its input 'ghost' is never made",
    ),
    "made twice": (
        lambda: onnx_bytes([("Relu", ["x"], ["y"], {}), ("Tanh", ["x"], ["y"], {})]),
        "its output 'y' exists already",
    ),
    "no path": (
        lambda: onnx_bytes(one("Relu", ["w"]), weights=[("w", 3)]),
        "no output depends on an input",
    ),
    "output is the input": (
        lambda: onnx_bytes([("Relu", ["x"], ["y"], {})], outputs=[("x", [1, 3, 8, 8])]),
        "no node between input and output",
    ),
    "attribute of the wrong type": (
        lambda: onnx_bytes(one("Flatten", axis=1.5)),
        "attribute 'axis' has the wrong type",
    ),
    "operator of a later opset": (
        lambda: onnx_bytes(one("HardSwish"), opset=9),
        "there is no operator HardSwish in opset 9",
    ),
    "target computed from values": (
        lambda: onnx_bytes(
            [("Cast", ["x"], ["t"], {"to": 7}), ("Reshape", ["x", "t"], ["y"], {})], [("x", [4])]
        ),
        "the shape of tensor 'y' is not known",
    ),
    "embedding along another axis": (
        lambda: onnx_bytes(one("Gather", ["w", "x"], axis=1), [("x", [1, 4])], [("w", 9, 3)]),
        "transpose the table",
    ),
    "missing inputs of a node": (lambda: onnx_bytes(one("Conv")), "net.onnx: node 0 (Conv)"),
    "lstm weights do not fit": (
        lambda: onnx_bytes(
            one("LSTM", ["x", "w", "r"], hidden_size=3),
            [("x", [7, 1, 5])],
            [("w", 1, 12, 5), ("r", 1, 9, 3)],
        ),
        "node 0 (LSTM)",
    ),
    "batch torn": (
        lambda: onnx_bytes(
            [("Transpose", ["x"], ["a"], {"perm": [1, 0]}), ("Flatten", ["a"], ["y"], {"axis": 0})],
            [("x", [6, 4])],
        ),
        "export the network with a batch of 1",
    ),
}


@pytest.mark.parametrize("case", ONNX)
def test_broken_onnx(tmp_path, case):
    pytest.importorskip("onnx")
    content, message = ONNX[case]
    check(tmp_path / "net.onnx", content(), message)


def test_unknown_symbolic_dimension(tmp_path):
    pytest.importorskip("onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx_bytes(one("Relu"), [("x", ["N", "time", 8])]))
    with pytest.raises(InputError, match="did you mean 'time'"):
        load_network(path, shapes={"times": 3})
    with pytest.raises(InputError, match="is too small"):
        load_network(path, shapes={"time": 0})


def _external(tmp_path, location, **more):
    """A model whose weights are in another file, of which it says `location`."""
    onnx = pytest.importorskip("onnx")
    model = onnx.ModelProto.FromString(onnx_bytes(CONV_NODES, weights=[("w", 64, 3, 3, 3)]))
    stored = model.graph.initializer[0]
    for field in ("float_data", "raw_data"):
        stored.ClearField(field)
    stored.data_location = 1
    stored.external_data.add(key="location", value=location)
    for key, value in more.items():
        stored.external_data.add(key=key, value=value)
    (tmp_path / "net").mkdir(exist_ok=True)
    path = tmp_path / "net" / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_weights_in_a_file_beside_the_model(tmp_path):
    path = _external(tmp_path, "values/net.bin", offset="64", length=str(4 * 1728))
    numbers = np.arange(1728 + 16, dtype=np.float32)
    (tmp_path / "net" / "values").mkdir()
    (tmp_path / "net" / "values" / "net.bin").write_bytes(numbers.tobytes())
    network = load_network(path)
    assert network.weights == 1728
    load_weights = importlib.import_module("workloads.onnx_file").load_weights
    (held,) = load_weights(path).values()
    assert held.matrix.T.reshape(-1).tolist() == numbers[16:].tolist()
    # their file belongs to the model: another content is another network
    (tmp_path / "net" / "values" / "net.bin").write_bytes((numbers + 1).tobytes())
    assert load_network(path).tensors.digest != network.tensors.digest


@pytest.mark.parametrize(
    ("location", "more", "message"),
    [
        ("/etc/passwd", {}, "a place that is not read"),
        ("../outside.bin", {}, "a place that is not read"),
        ("values/../../outside.bin", {}, "a place that is not read"),
        ("c:\\outside.bin", {}, "a place that is not read"),
        ("", {}, "a place that is not read"),
        ("link.bin", {}, "behind a link"),
        ("linked/outside.bin", {}, "behind a link"),
        ("missing.bin", {}, "is not there"),
        (".", {}, "no file that can be read"),
        ("short.bin", {}, "do not fit"),
        ("whole.bin", {"offset": "4"}, "do not fit"),
        ("whole.bin", {"offset": "-4"}, "is no number"),
        ("whole.bin", {"offset": "9" * 30}, "is no number"),
        ("whole.bin", {"length": "12"}, "do not fit"),
    ],
)
def test_weights_that_are_not_read(tmp_path, location, more, message):
    content = bytes(4 * 1728)
    (tmp_path / "outside.bin").write_bytes(content)
    path = _external(tmp_path, location, **more)
    (path.parent / "whole.bin").write_bytes(content)
    (path.parent / "short.bin").write_bytes(content[:-1])
    (path.parent / "link.bin").symlink_to(tmp_path / "outside.bin")
    (path.parent / "linked").symlink_to(tmp_path)
    with pytest.raises(InputError, match=message):
        load_network(path)


def test_damaged_onnx_files(tmp_path):
    """Two hundred files with a few bytes changed, and every truncation: a network or an InputError,
    nothing else.
    """
    pytest.importorskip("onnx")
    nodes = [
        ("Conv", ["x", "w"], ["a"], {"pads": [1, 1, 1, 1], "group": 1}),
        ("Relu", ["a"], ["b"], {}),
        ("MaxPool", ["b"], ["c"], {"kernel_shape": [2, 2]}),
        ("Flatten", ["c"], ["d"], {}),
        ("Gemm", ["d", "v"], ["y"], {"transB": 1}),
    ]
    good = onnx_bytes(nodes, weights=[("w", 1, 3, 3, 3), ("v", 2, 49)])
    path = tmp_path / "net.onnx"
    generator = random.Random(7)
    for number in range(300):
        content = bytearray(good)
        for _ in range(generator.randint(1, 3)):
            content[generator.randrange(len(content))] = generator.randrange(256)
        path.write_bytes(content if number % 3 else good[: generator.randrange(1, len(good))])
        try:
            load_network(path)
        except InputError as fault:
            assert "net.onnx" in str(fault)


def test_a_layer_that_nothing_reads_is_told(tmp_path):
    """A slip in `inputs` leaves a layer out of the way to the output."""
    path = tmp_path / "net.toml"
    path.write_text(TOP + CONV + CONV.replace("conv1", "conv2") + 'inputs = ["input"]\n' + FLAT)
    assert any(
        "nothing reads these layers" in note and note.endswith(": conv1")
        for note in load_network(path).notes
    )
    path.write_text(TOP + CONV + FLAT)
    assert not load_network(path).notes
