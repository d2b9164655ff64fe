"""Small networks, each beside what a person reads off it: the shapes of its matrices, and the
digital work of an image by layer.
"""

from __future__ import annotations

from golden.by_hand import Array
from workloads.network import Layer, Network


def image(*shape):
    return Layer("input", "input", (), (), shape)


def linear(name, source, inputs, outputs, bias=False):
    return Layer(name, "linear", (source,), (inputs,), (*inputs[:-1], outputs), bias=bias)


def simple(name, operator, source, shape, output=None, **window):
    return Layer(name, operator, (source,), (shape,), output or shape, **window)


# Two small layers with biases; a softmax of n values: n compares, 2 n additions, n exponentials, n
# divisions.
DENSE = (
    Network(
        "dense",
        (
            image(5),
            linear("a", "input", (5,), 3, True),
            simple("t", "tanh", "a", (3,)),
            linear("b", "t", (3,), 2, True),
            simple("s", "softmax", "b", (2,)),
        ),
    ),
    (
        Array(
            "a", 5, 3, 1, 5, 3, 5, {"lookup": 3}, {"multiply": 6, "add": 3}, bias=True, first=True
        ),
        Array(
            "b",
            3,
            2,
            1,
            3,
            2,
            3,
            {"compare": 2, "add": 4, "lookup": 2, "divide": 2},
            {"add": 2},
            softmax=True,
            bias=True,
        ),
    ),
)
# 30 rows and 10 columns on tiles of 12 rows and 4 weights: 3 x 3 tiles
WIDE = (
    Network(
        "wide",
        (
            image(30),
            linear("a", "input", (30,), 10),
            simple("r", "relu", "a", (10,)),
            linear("b", "r", (10,), 6),
        ),
    ),
    (
        Array("a", 30, 10, 1, 30, 10, 30, {"compare": 10}, {"compare": 10}, mask=10, first=True),
        Array("b", 10, 6, 1, 10, 6, 10),
    ),
)
# c1: windows of 3 x 2 over 6 x 5 and a line of padding above and one at the right, two lines on: 3
# x 5 places; two groups of one channel each to two; a window brings one new column of three values
# of two channels (the first of a line is counted alike). The pool takes 2 x 2, one line and two
# columns on. c2: windows of 2 x 1 over 2 x 2 with a line of padding above and below: 3 x 2 places,
# each value in two windows.
CONV = (
    Network(
        "conv",
        (
            image(2, 6, 5),
            Layer(
                "c1",
                "conv2d",
                ("input",),
                ((2, 6, 5),),
                (4, 3, 5),
                (3, 2),
                (2, 1),
                (1, 0, 0, 1),
                groups=2,
                bias=True,
            ),
            simple("r", "relu", "c1", (4, 3, 5)),
            simple("p", "max_pool", "r", (4, 3, 5), (4, 2, 2), kernel=(2, 2), stride=(1, 2)),
            Layer("c2", "conv2d", ("p",), ((4, 2, 2),), (3, 3, 2), (2, 1), (1, 1), (1, 0, 1, 0)),
            simple("g", "sigmoid", "c2", (3, 3, 2)),
            simple("f", "flatten", "g", (3, 3, 2), (18,)),
            linear("fc", "f", (18,), 2),
        ),
    ),
    (
        Array(
            "c1",
            6,
            2,
            15,
            6,
            16,
            60,
            {"compare": 60 + 16 * 3},
            {"compare": 60 + 16 * 4},
            mask=60 + 16 * 2,  # above zero or not; which of four was the largest
            groups=2,
            bias=True,
            first=True,
        ),
        Array("c2", 8, 3, 6, 8, 18, 16, {"lookup": 18}, {"multiply": 36, "add": 18}, sums=6 * 8),
        Array("fc", 18, 2, 1, 18, 2, 18),
    ),
)
# Gates of an LSTM of h units a step: 5 h tables, 3 h products, h sums; backward 14 h products, 6 h
# sums, and the error that comes back by the state added to that of the output. Of its vector only
# the input is new: the state stays at the tile.
LSTM = (
    Network(
        "lstm",
        (
            image(3, 4),
            Layer("u", "lstm", ("input",), ((3, 4),), (3, 2), hidden=2, bias=True),
            Layer("v", "lstm", ("u",), ((3, 2),), (3, 3), hidden=3),
            linear("d", "v", (3, 3), 2, True),
        ),
    ),
    (
        Array(
            "u",
            6,
            8,
            3,
            4,
            6,
            12,
            {"lookup": 30, "multiply": 18, "add": 6},
            {"multiply": 84, "add": 36},
            bias=True,
            first=True,
            waits=True,
        ),
        Array(
            "v",
            5,
            12,
            3,
            2,
            9,
            6,
            {"lookup": 45, "multiply": 27, "add": 9},
            {"multiply": 126, "add": 54},
            sums=3 * 3,
            waits=True,
        ),
        Array("d", 3, 2, 3, 3, 6, 9, bias=True),
    ),
)
# More than two chunks of 1,024 weights
LARGE = (
    Network(
        "large",
        (
            image(3),
            linear("a", "input", (3,), 50),
            simple("t", "tanh", "a", (50,)),
            linear("b", "t", (50,), 45, True),
        ),
    ),
    (
        Array("a", 3, 50, 1, 3, 50, 3, {"lookup": 50}, {"multiply": 100, "add": 50}, first=True),
        Array("b", 50, 45, 1, 50, 45, 50, bias=True),
    ),
)
# Windows side by side: d takes lines 0 and 1, 2 and 3 of four. No value is in two windows, and no
# errors are added.
APART = (
    Network(
        "apart",
        (
            image(1, 4, 3),
            Layer("c", "conv2d", ("input",), ((1, 4, 3),), (1, 4, 3)),
            Layer("d", "conv2d", ("c",), ((1, 4, 3),), (2, 2, 3), (2, 1), (2, 1)),
        ),
    ),
    (Array("c", 1, 1, 12, 1, 12, 12, first=True), Array("d", 2, 2, 6, 2, 12, 12)),
)
NETWORKS = {
    "dense": DENSE,
    "wide": WIDE,
    "conv": CONV,
    "lstm": LSTM,
    "apart": APART,
    "large": LARGE,
}
