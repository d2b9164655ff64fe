"""Forms of quantised ONNX files, and of floats of 16 bits, whose values are held to the reference
evaluator.

A form is (what it is, nodes, shape of x without the batch, weights, opset).
"""

import numpy as np
from onnx_cases import node

IMAGE = (4, 6, 5)


def codes(*shape, low=-127, high=128, kind=np.int8, seed=0):
    return np.random.default_rng(seed).integers(low, high, shape).astype(kind)


def number(name, value, kind=np.float32):
    return (name, np.array(value, kind))


def quantised(tensor, made, scale="s", zero="z", **fields):
    """A tensor through whole numbers and back."""
    return [
        node("QuantizeLinear", [tensor, scale, zero], [f"{made}_codes"], **fields),
        node("DequantizeLinear", [f"{made}_codes", scale, zero], [made], **fields),
    ]


BYTE = [number("s", 0.013), number("z", 121, np.uint8)]
CHANNELS = [
    ("s", np.array([0.01, 0.3, 0.002, 0.05], np.float32)),
    ("z", np.array([3, -7, 0, 100], np.int8)),
]
KERNEL = [
    ("k", codes(6, 4, 3, 3)),
    ("ks", np.linspace(0.001, 0.01, 6, dtype=np.float32)),
    ("kz", np.zeros(6, np.int8)),
    ("b", codes(6, kind=np.int32)),
    ("bs", np.linspace(0.001, 0.01, 6, dtype=np.float32)),
]
HALF = 10
BRAIN = 16
FORMS = [
    ("unsigned bytes, some saturated", quantised("x", "y"), IMAGE, BYTE, 19),
    ("one scale a channel", quantised("x", "y", axis=1), IMAGE, CHANNELS, 19),
    (
        "whole numbers that are moved and padded",
        [
            node("QuantizeLinear", ["x", "s", "z"], ["codes"]),
            node("Pad", ["codes", "p", "z"], ["more"]),
            node("Transpose", ["more"], ["turned"], perm=[0, 1, 3, 2]),
            node("DequantizeLinear", ["turned", "s", "z"]),
        ],
        IMAGE,
        [*BYTE, ("p", np.array([0, 0, 1, 0, 0, 0, 0, 2]))],
        21,
    ),
    ("words of 16 bits", quantised("x", "y"), (5,), [BYTE[0], number("z", -9, np.int16)], 21),
    (
        "no zero point",
        [node("QuantizeLinear", ["x", "s"], ["c"]), node("DequantizeLinear", ["c", "s"])],
        (5,),
        BYTE[:1],
        19,
    ),
    (
        "a convolution between whole numbers",
        [
            *quantised("x", "q"),
            node("DequantizeLinear", ["k", "ks", "kz"], ["w"], axis=0),
            node("DequantizeLinear", ["b", "bs"], ["wb"], axis=0),
            node("Conv", ["q", "w", "wb"], ["c"]),
            node("Relu", ["c"], ["r"]),
            *quantised("r", "y"),
        ],
        IMAGE,
        [*BYTE, *KERNEL],
        19,
    ),
    (
        "weights in blocks with scales of their own",
        [
            node("DequantizeLinear", ["k", "ks"], ["w"], axis=0, block_size=2),
            node("MatMul", ["x", "w"]),
        ],
        (5,),
        [("k", codes(5, 3)), ("ks", np.random.default_rng(1).random((3, 3), np.float32))],
        21,
    ),
    (
        "through float16 and back",
        [node("Cast", ["x"], ["h"], to=HALF), node("Cast", ["h"], to=1)],
        (50,),
        [],
        19,
    ),
    (
        "through bfloat16 and back",
        [node("Cast", ["x"], ["h"], to=BRAIN), node("Cast", ["h"], to=1)],
        (50,),
        [],
        19,
    ),
    (
        "a weight of float16",
        [node("Cast", ["k"], ["w"], to=1), node("MatMul", ["x", "w"])],
        (5,),
        [("k", np.random.default_rng(2).random((5, 3)).astype(np.float16))],
        19,
    ),
    (
        "a weight cast to bfloat16",
        [
            node("Cast", ["k"], ["h"], to=BRAIN),
            node("Cast", ["h"], ["w"], to=1),
            node("MatMul", ["x", "w"]),
        ],
        (5,),
        [("k", np.random.default_rng(2).random((5, 3), np.float32))],
        19,
    ),
]
