"""Broken ONNX files, with what the message has to say."""

import importlib
import random

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
