"""Networks that join, each beside what a person reads off it; see `networks`."""

from __future__ import annotations

from golden.by_hand import Array, Join
from golden.networks import image, linear, simple
from workloads.network import Layer, Network


def _joins():
    """Branches: digital operators stand in them, fused behind a layer or alone. Those that keep
    words of their own have an update too (tests/physics/test_batch_norm.py)."""
    square = (2, 4, 4)
    half = (2, 2, 2)
    window = {"kernel": (2, 2), "stride": (2, 2)}
    layers = (
        image(*square),
        Layer("a", "conv2d", ("input",), (square,), square),
        simple("lr", "leaky_relu", "a", square),
        simple("p", "max_pool", "lr", square, half, **window),
        simple("c", "clip", "p", half),
        simple("q", "average_pool", "lr", square, half, **window),
        simple("n", "local_response_norm", "q", half, kernel=(2, 1)),
        Layer("s", "add", ("c", "n"), (half, half), half),
        simple("t", "tanh", "s", half),
        Layer("m", "multiply", ("t", "n"), (half, half), half),
        simple("g", "global_average_pool", "m", half, (2, 1, 1)),
        simple("h", "global_max_pool", "t", half, (2, 1, 1)),
        Layer("k", "concat", ("g", "h"), ((2, 1, 1), (2, 1, 1)), (4, 1, 1)),
        simple("f", "flatten", "k", (4, 1, 1), (4,)),
        linear("fc", "f", (4,), 3),
    )
    return Network("joins", layers), (
        # leaky ReLU: a comparison and a product
        Array(
            "a",
            2,
            2,
            16,
            2,
            32,
            32,
            {"compare": 32, "multiply": 32},
            {"multiply": 32, "compare": 32},
            mask=32,
            first=True,
        ),
        # a maximum of four is three comparisons, its error goes to the one of four that is
        # remembered; a clip has two bounds
        Join("p", 2, 32, 8, {"compare": 8 * 3 + 8 * 2}, {"compare": 8 * 4 + 8}, 8 * 2 + 8),
        # a mean of four: three sums and a product, its error one product an input; normalisation
        # over channels: a square, a running sum (one in, one out), the power by a table, a product
        Join(
            "q",
            2,
            32,
            8,
            {"add": 8 * 3 + 16, "multiply": 8 + 16, "lookup": 8},
            {"multiply": 32 + 32, "add": 16, "lookup": 8},
        ),
        Join("s", 2, 16, 8, {"add": 8, "lookup": 8}, {"multiply": 16, "add": 8}),
        Join("m", 2, 16, 2, {"multiply": 8 + 2, "add": 2 * 3}, {"multiply": 16 + 8}),
        Join("h", 1, 8, 2, {"compare": 2 * 3}, {"compare": 2 * 4}, 2 * 2),
        Array("fc", 4, 3, 1, 4, 3, 4),
    )


JOINS = _joins()
