"""Forms of ONNX operators whose values are held to the reference evaluator.

A form is (what it is, nodes, shape of x without the batch, weights, opset).
"""

import math

import numpy as np
from onnx_cases import node


def weight(*shape, seed=1, low=-1.0, high=1.0):
    return (
        np.random.default_rng(seed + math.prod(shape)).uniform(low, high, shape).astype(np.float32)
    )


def positive(*shape):
    return weight(*shape, low=0.2, high=2.0)


IMAGE = (3, 7, 6)
ints = lambda *values: np.array(values, np.int64)  # noqa: E731

# (what it is, nodes, shape of x without the batch, weights, opset)
FORMS = [
    *[
        (kind, [node(kind, ["x"])], (5,), [], 21)
        for kind in (
            "Relu",
            "LeakyRelu",
            "Tanh",
            "Sigmoid",
            "HardSigmoid",
            "ThresholdedRelu",
            "Elu",
            "Selu",
            "Celu",
            "Softplus",
            "Softsign",
            "Gelu",
            "Mish",
            "Erf",
            "Exp",
            "HardSwish",
            "Identity",
            "Softmax",
            "LogSoftmax",
            "Clip",
        )
    ],
    ("leaky slope", [node("LeakyRelu", ["x"], alpha=0.3)], (5,), [], 21),
    ("hard sigmoid", [node("HardSigmoid", ["x"], alpha=0.7, beta=0.1)], (5,), [], 21),
    ("thresholded", [node("ThresholdedRelu", ["x"], alpha=0.4)], (5,), [], 21),
    ("elu alpha", [node("Elu", ["x"], alpha=0.6)], (5,), [], 21),
    ("selu both", [node("Selu", ["x"], alpha=1.2, gamma=0.7)], (5,), [], 21),
    ("celu alpha", [node("Celu", ["x"], alpha=2.5)], (5,), [], 21),
    ("gelu tanh", [node("Gelu", ["x"], approximate="tanh")], (5,), [], 21),
    ("swish", [node("Swish", ["x"], alpha=1.5)], (5,), [], 24),
    (
        "clip inputs",
        [node("Clip", ["x", "lo", "hi"])],
        (5,),
        [("lo", np.float32(-0.3)), ("hi", np.float32(0.6))],
        21,
    ),
    ("clip low", [node("Clip", ["x", "lo"])], (5,), [("lo", np.float32(-0.3))], 21),
    ("clip high", [node("Clip", ["x", "", "hi"])], (5,), [("hi", np.float32(0.1))], 21),
    ("clip attributes", [node("Clip", ["x"], min=-0.2, max=0.5)], (5,), [], 9),
    (
        "clip constant node",
        [node("Constant", [], ["lo"], value_float=0.25), node("Clip", ["x", "lo"])],
        (5,),
        [],
        21,
    ),
    ("prelu channel", [node("PRelu", ["x", "s"])], IMAGE, [("s", weight(3, 1, 1))], 21),
    ("prelu one", [node("PRelu", ["x", "s"])], IMAGE, [("s", weight(1))], 21),
    ("prelu element", [node("PRelu", ["x", "s"])], (4, 5), [("s", weight(4, 5))], 21),
    ("softmax axis", [node("Softmax", ["x"], axis=1)], IMAGE, [], 21),
    ("softmax middle", [node("Softmax", ["x"], axis=-2)], IMAGE, [], 21),
    ("log softmax", [node("LogSoftmax", ["x"], axis=1)], IMAGE, [], 21),
    (
        "batch norm",
        [node("BatchNormalization", ["x", "s", "b", "m", "v"], epsilon=0.01)],
        IMAGE,
        [("s", weight(3)), ("b", weight(3, seed=2)), ("m", weight(3, seed=3)), ("v", positive(3))],
        21,
    ),
    (
        "batch norm flat",
        [node("BatchNormalization", ["x", "s", "b", "m", "v"])],
        (6,),
        [("s", weight(6)), ("b", weight(6, seed=2)), ("m", weight(6, seed=3)), ("v", positive(6))],
        21,
    ),
    (
        "batch norm steps",
        [node("BatchNormalization", ["x", "s", "b", "m", "v"])],
        (4, 6),
        [("s", weight(4)), ("b", weight(4, seed=2)), ("m", weight(4, seed=3)), ("v", positive(4))],
        14,
    ),
    ("dropout", [node("Dropout", ["x"], ["y", ""])], (5,), [], 21),
    # products
    (
        "gemm",
        [node("Gemm", ["x", "w", "b"], alpha=0.5, beta=2.0)],
        (5,),
        [("w", weight(5, 4)), ("b", weight(4))],
        21,
    ),
    (
        "gemm transposed",
        [node("Gemm", ["x", "w", "b"], transB=1)],
        (5,),
        [("w", weight(4, 5)), ("b", weight(1, 4))],
        21,
    ),
    (
        "gemm scalar bias",
        [node("Gemm", ["x", "w", "b"], beta=3.0)],
        (5,),
        [("w", weight(5, 4)), ("b", weight(1))],
        21,
    ),
    (
        "gemm then add",
        [node("Gemm", ["x", "w"], ["h"]), node("Add", ["h", "b"])],
        (5,),
        [("w", weight(5, 4)), ("b", weight(4))],
        21,
    ),
    (
        "gemm adds activation",
        [node("Gemm", ["x", "w"], ["h"]), node("Gemm", ["h", "v", "h"])],
        (5,),
        [("w", weight(5, 4)), ("v", weight(4, 4))],
        21,
    ),
    (
        "matmul",
        [node("MatMul", ["x", "w"], ["h"]), node("Add", ["b", "h"])],
        (6, 5),
        [("w", weight(5, 4)), ("b", weight(4))],
        21,
    ),
    ("matmul left", [node("MatMul", ["w", "x"])], (4, 6), [("w", weight(3, 4))], 21),
    ("matmul stack of one", [node("MatMul", ["x", "w"])], (6, 5), [("w", weight(1, 5, 4))], 21),
    (
        "matmul of transposed weight",
        [node("Transpose", ["w"], ["t"], perm=[1, 0]), node("MatMul", ["x", "t"])],
        (6, 5),
        [("w", weight(4, 5))],
        21,
    ),
    (
        "weight from quantised",
        [node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=1), node("MatMul", ["x", "w"])],
        (5,),
        [
            ("q", np.arange(-10, 10, dtype=np.int8).reshape(5, 4)),
            ("s", positive(4)),
            ("z", np.array([1, 0, -2, 3], np.int8)),
        ],
        21,
    ),
    (
        "attention",
        [
            node("MatMul", ["x", "q"], ["a"]),
            node("MatMul", ["x", "k"], ["b"]),
            node("Transpose", ["b"], ["c"], perm=[0, 2, 1]),
            node("MatMul", ["a", "c"], ["d"]),
            node("Div", ["d", "two"], ["e"]),
            node("Softmax", ["e"], ["f"]),
            node("MatMul", ["f", "a"]),
        ],
        (6, 5),
        [("q", weight(5, 4)), ("k", weight(5, 4)), ("two", np.float32(2))],
        21,
    ),
    # convolutions
    *[
        (
            f"conv {fields}",
            [node("Conv", ["x", "w", "b"], **fields)],
            IMAGE,
            [("w", weight(6, 3 // fields.get("group", 1), 3, 2)), ("b", weight(6))],
            21,
        )
        for fields in (
            {},
            {"pads": [1, 0, 2, 1]},
            {"strides": [2, 3]},
            {"dilations": [2, 1]},
            {"group": 3},
            {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
            {"auto_pad": "SAME_LOWER", "strides": [2, 1]},
            {"auto_pad": "VALID"},
            {"auto_pad": "SAME_UPPER", "dilations": [1, 2]},
        )
    ],
    (
        "conv 1-D",
        [node("Conv", ["x", "w"], pads=[1, 2], strides=[2], dilations=[2])],
        (3, 15),
        [("w", weight(4, 3, 3))],
        21,
    ),
    # pools
    *[
        (f"{kind} {fields}", [node(kind, ["x"], **fields)], IMAGE, [], 22)
        for kind in ("MaxPool", "AveragePool")
        for fields in (
            {"kernel_shape": [2, 3]},
            {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
            {"kernel_shape": [3, 2], "strides": [2, 2]},
            {"kernel_shape": [3, 2], "strides": [2, 3], "ceil_mode": 1},
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 0, 0, 1]},
            {"kernel_shape": [2, 2], "dilations": [2, 3]},
            {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER", "strides": [2, 2]},
            {"kernel_shape": [2, 2], "auto_pad": "SAME_LOWER"},
            {"kernel_shape": [2, 2], "auto_pad": "VALID"},
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1},
        )
    ],
    *[
        (
            f"average with padding {fields}",
            [node("AveragePool", ["x"], count_include_pad=1, kernel_shape=[3, 3], **fields)],
            IMAGE,
            [],
            22,
        )
        for fields in (
            {"pads": [1, 1, 1, 1]},
            {"pads": [0, 1, 2, 0], "strides": [2, 2]},
            {"pads": [1, 1, 1, 1], "strides": [2, 2], "ceil_mode": 1},
            {"pads": [1, 1, 1, 1], "dilations": [2, 2]},
        )
    ],
    (
        "max pool 1-D",
        [node("MaxPool", ["x"], kernel_shape=[3], strides=[2], pads=[1, 1])],
        (3, 9),
        [],
        21,
    ),
    (
        "average 1-D",
        [node("AveragePool", ["x"], kernel_shape=[3], strides=[2], pads=[1, 1])],
        (3, 9),
        [],
        21,
    ),
    ("global average", [node("GlobalAveragePool", ["x"])], IMAGE, [], 21),
    ("mean of image", [node("ReduceMean", ["x", "a"])], IMAGE, [("a", ints(2, 3))], 21),
    ("mean of tokens", [node("ReduceMean", ["x", "a"], keepdims=0)], (6, 5), [("a", ints(1))], 21),
    ("mean of features", [node("ReduceMean", ["x"], axes=[-1])], (6, 5), [], 13),
    ("max of channels", [node("ReduceMax", ["x", "a"], keepdims=0)], IMAGE, [("a", ints(-3))], 21),
    ("mean of rows and channels", [node("ReduceMean", ["x", "a"])], IMAGE, [("a", ints(1, 2))], 21),
    (
        "mean of nothing",
        [node("ReduceMean", ["x"], ["h"], noop_with_empty_axes=1), node("Relu", ["h"])],
        IMAGE,
        [],
        21,
    ),
]
