"""Further forms of ONNX operators whose values are held to the reference evaluator: enlargements,
transposed convolutions, look-ups, masks made at run time, reductions.

A form is (what it is, nodes, shape of x without the batch, weights, opset).
"""

import numpy as np
from onnx_cases import node
from onnx_forms_more import IMAGE, weight


def ints(*values):
    return np.array(values, np.int64)


def _resized(what, scales, opset=19, **fields):
    scale = ("s", np.array(scales, np.float32))
    return (f"resize {what}", [node("Resize", ["x", "", "s"], **fields)], IMAGE, [scale], opset)


TWICE = (1, 1, 2, 2)
LINEAR = {"mode": "linear"}
RESIZED = [
    _resized("nearest", TWICE, mode="nearest"),
    _resized(
        "nearest floor",
        (1, 1, 1.5, 0.6),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    _resized("nearest ceil", (1, 1, 0.5, 3), mode="nearest", nearest_mode="ceil"),
    _resized("nearest up", TWICE, mode="nearest", nearest_mode="round_prefer_ceil"),
    _resized("linear", TWICE, **LINEAR),
    _resized("linear down", (1, 1, 0.6, 0.5), **LINEAR),
    _resized("linear corners", TWICE, coordinate_transformation_mode="align_corners", **LINEAR),
    _resized("linear asymmetric", TWICE, coordinate_transformation_mode="asymmetric", **LINEAR),
    _resized(
        "linear pytorch",
        (1, 1, 0.5, 2),
        coordinate_transformation_mode="pytorch_half_pixel",
        **LINEAR,
    ),
    _resized(
        "linear symmetric",
        (1, 1, 1.3, 1.7),
        coordinate_transformation_mode="half_pixel_symmetric",
        **LINEAR,
    ),
    _resized("of channels", (1, 2, 1, 1), **LINEAR),
    _resized("cubic", TWICE, mode="cubic"),
    _resized("cubic outside", TWICE, mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5),
    (
        "resize to sizes",
        [
            node("Shape", ["x"], ["n"], start=0, end=1),
            node("Concat", ["n", "r"], ["z"], axis=0),
            node("Resize", ["x", "", "", "z"], mode="linear"),
        ],
        IMAGE,
        [("r", ints(4, 7, 9))],
        19,
    ),
    (
        "resize of named axes",
        [node("Resize", ["x", "", "s"], mode="linear", axes=[3, 2])],
        IMAGE,
        [("s", np.array([2, 1.5], np.float32))],
        19,
    ),
]


def _turned(what, inputs, kernel, groups=1, outputs=3, opset=11, bias=False, **fields):
    weights = [("w", weight(inputs[0], outputs // groups, *kernel))]
    weights += [("b", weight(outputs))] if bias else []
    names = ["x", "w", "b"][: 2 + bias]
    made = [node("ConvTranspose", names, group=groups, **fields)]
    return (f"transposed convolution {what}", made, inputs, weights, opset)


VOLUME = (2, 5, 6, 4)
TURNED = [
    _turned("side by side", IMAGE, (2, 2), strides=[2, 2], bias=True),
    _turned("overlapping", IMAGE, (3, 3), strides=[2, 2], pads=[1, 1, 1, 1]),
    _turned("with gaps", IMAGE, (2, 2), strides=[3, 3], output_padding=[1, 2]),
    _turned("dilated", IMAGE, (3, 2), dilations=[2, 1], pads=[1, 0, 2, 1]),
    _turned("a channel", IMAGE, (4, 4), groups=4, outputs=4, strides=[2, 2], pads=[1, 1, 1, 1]),
    _turned("of a line", (4, 7), (3,), strides=[2], pads=[1, 1], bias=True),
    _turned("of a volume", VOLUME, (2, 3, 2), strides=[2, 1, 2], bias=True),
    _turned(
        "of a volume, overlapping", VOLUME, (3, 2, 3), pads=[1, 0, 1, 0, 1, 1], outputs=2, groups=2
    ),
    _turned(
        "of a volume, with gaps", VOLUME, (2, 2, 1), strides=[3, 3, 2], output_padding=[1, 2, 1]
    ),
    _turned("of a volume, dilated", VOLUME, (3, 2, 2), dilations=[2, 1, 3]),
]


def _volume(what, weights=(), kind="Conv", shape=VOLUME, **fields):
    names = ["x", *(name for name, _ in weights)]
    return (f"volume {what}", [node(kind, names, **fields)], shape, list(weights), 21)


KERNEL = ("w", weight(3, 2, 3, 2, 2))
VOLUMES = [
    _volume("convolution", [KERNEL, ("b", weight(3))]),
    _volume("strided", [KERNEL], strides=[2, 1, 2], pads=[1, 0, 1, 1, 1, 0]),
    _volume("dilated", [KERNEL], dilations=[2, 3, 1]),
    _volume("same", [KERNEL, ("b", weight(3))], auto_pad="SAME_UPPER", strides=[2, 2, 1]),
    _volume("grouped", [("w", weight(4, 1, 2, 3, 3))], group=2),
    _volume("one plane", [("w", weight(3, 2, 5, 6, 4))]),
    _volume(
        "largest",
        kind="MaxPool",
        kernel_shape=[2, 3, 2],
        strides=[2, 1, 2],
        pads=[1, 1, 0, 0, 1, 1],
    ),
    _volume("mean", kind="AveragePool", kernel_shape=[2, 2, 3], strides=[1, 2, 1]),
    _volume("mean of all", kind="GlobalAveragePool"),
]
TABLE = ("t", weight(9, 3))
MASKS = [
    ("equal", [node("Equal", ["x", "x"], ["m"]), node("Where", ["m", "x", "c"])], (4, 3)),
    ("less", [node("Less", ["x", "c"], ["m"]), node("Where", ["m", "x", "c"])], (4, 3)),
    ("not more", [node("LessOrEqual", ["c", "x"], ["m"]), node("Where", ["m", "c", "x"])], (4, 3)),
    (
        "both",
        [
            node("Greater", ["x", "c"], ["m"]),
            node("GreaterOrEqual", ["x", "x"], ["n"]),
            node("And", ["m", "n"], ["a"]),
            node("Not", ["a"], ["o"]),
            node("Where", ["o", "x", "c"]),
        ],
        (4, 3),
    ),
    (
        "either",
        [
            node("Greater", ["x", "c"], ["m"]),
            node("Less", ["x", "c"], ["n"]),
            node("Or", ["m", "n"], ["o"]),
            node("Xor", ["o", "n"], ["z"]),
            node("IsNaN", ["x"], ["i"]),
            node("Or", ["z", "i"], ["a"]),
            node("Where", ["a", "x", "c"]),
        ],
        (4, 3),
    ),
]
FORMS = [
    *RESIZED,
    *TURNED,
    *VOLUMES,
    *[(f"mask {what}", nodes, shape, [("c", weight(3))], 21) for what, nodes, shape in MASKS],
    *[(kind, [node(kind, ["x"])], (5,), [], 21) for kind in ("Sign", "Floor", "Ceil", "Round")],
    (
        "embedding",
        [
            node("Abs", ["x"], ["p"]),
            node("Mul", ["p", "four"], ["q"]),
            node("Cast", ["q"], ["i"], to=7),
            node("Gather", ["t", "i"]),
        ],
        (5,),
        [TABLE, ("four", np.float32(4))],
        21,
    ),
    (
        "upsample",
        [node("Upsample", ["x", "s"], mode="nearest")],
        IMAGE,
        [("s", np.array(TWICE, np.float32))],
        9,
    ),
    ("expand", [node("Expand", ["x", "s"])], (4, 1), [("s", ints(1, 1, 3))], 21),
    ("expand in front", [node("Expand", ["x", "s"])], (1, 3), [("s", ints(1, 4, 1))], 21),
    ("tile", [node("Tile", ["x", "s"])], (4, 3), [("s", ints(1, 2, 3))], 21),
    *[
        (f"{kind} {what}", [node(kind, ["x", "a"], **fields)], IMAGE, [("a", ints(*axes))], 18)
        for kind in ("ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare")
        for what, axes, fields in (("of a line", (3,), {}), ("of two", (1, 2), {"keepdims": 0}))
    ],
    ("ReduceSum", [node("ReduceSum", ["x", "a"], keepdims=0)], IMAGE, [("a", ints(2))], 13),
    ("ReduceLogSumExp", [node("ReduceLogSumExp", ["x", "a"])], IMAGE, [("a", ints(1))], 18),
    *[
        (
            f"running sum along {axis} {fields}",
            [node("CumSum", ["x", "a"], **fields)],
            IMAGE,
            [("a", np.int64(axis))],
            14,
        )
        for axis, fields in ((1, {}), (-1, {"exclusive": 1}), (2, {"exclusive": 1, "reverse": 1}))
    ],
]
ONE_IMAGE = [
    (
        "points",
        [node("GatherND", ["x", "i"])],
        (4, 3),
        [("i", ints(*[[0, 3], [0, 0], [0, 3]]))],
        21,
    ),
    (
        "elements",
        [node("GatherElements", ["x", "i"], axis=1)],
        (4, 3),
        [("i", ints(*[[[3, 0, 1], [1, 1, 2]]]))],
        21,
    ),
    (
        "elements of a constant whose lines are alike",
        [
            node("Abs", ["x"], ["a"]),
            node("Cast", ["a"], ["i"], to=7),
            node("GatherElements", ["t", "i"], axis=1),
        ],
        (3,),
        [("t", np.broadcast_to(np.float32([0.5, -1.0, 2.0]), (1, 3)))],
        13,
    ),
]
