"""Further forms of ONNX operators whose values are held to the reference evaluator: normalisations,
functions, choices.

A form is (what it is, nodes, shape of x without the batch, weights, opset).
"""

import math

import numpy as np
from onnx_cases import node

IMAGE = (4, 6, 5)


def weight(*shape, seed=0, low=-1.0, high=1.0):
    return (
        np.random.default_rng(seed + math.prod(shape)).uniform(low, high, shape).astype(np.float32)
    )


def _safe(kind):
    """The function of numbers above 0.25: x squared, and a little more."""
    return [node("Mul", ["x", "x"], ["s"]), node("Add", ["s", "q"], ["p"]), node(kind, ["p"])]


QUARTER = ("q", np.array([0.25], np.float32))
FORMS = [
    *[(kind, [node(kind, ["x"])], (5,), [], 21) for kind in ("Abs", "Neg", "Sin", "Cos")],
    *[(kind, _safe(kind), (5,), [QUARTER], 21) for kind in ("Sqrt", "Reciprocal", "Log")],
    (
        "a stack of weights on the left",
        [node("MatMul", ["w", "x"])],
        (3, 5, 6),
        [("w", weight(1, 3, 2, 5))],
        17,
    ),
    (
        "a stack of weights on the right",
        [node("MatMul", ["x", "w"])],
        (3, 5, 6),
        [("w", weight(3, 6, 2))],
        17,
    ),
    (
        "a stack of weights that two products read",
        [node("MatMul", ["x", "w"], ["a"]), node("MatMul", ["a", "w"])],
        (2, 3, 5, 4),
        [("w", weight(2, 3, 4, 4))],
        17,
    ),
    (
        "layer norm",
        [node("LayerNormalization", ["x", "s", "b"], epsilon=0.01)],
        (4, 6),
        [("s", weight(6)), ("b", weight(6, seed=1))],
        17,
    ),
    (
        "layer norm without shift",
        [node("LayerNormalization", ["x", "s"])],
        (4, 6),
        [("s", weight(6))],
        21,
    ),
    (
        "layer norm of two axes",
        [node("LayerNormalization", ["x", "s", "b"], axis=-2)],
        IMAGE,
        [("s", weight(6, 5)), ("b", weight(6, 5, seed=1))],
        17,
    ),
    (
        "layer norm of a vector",
        [node("LayerNormalization", ["x", "s", "b"], axis=1)],
        (6,),
        [("s", weight(6)), ("b", weight(6, seed=1))],
        17,
    ),
    (
        "layer norm of one scale",
        [node("LayerNormalization", ["x", "s"])],
        (4, 6),
        [("s", weight(1))],
        17,
    ),
    (
        "root mean square norm",
        [node("RMSNormalization", ["x", "s"], epsilon=0.01)],
        (4, 6),
        [("s", weight(6))],
        23,
    ),
    (
        "instance norm",
        [node("InstanceNormalization", ["x", "s", "b"], epsilon=0.1)],
        IMAGE,
        [("s", weight(4)), ("b", weight(4, seed=1))],
        21,
    ),
    (
        "group norm",
        [node("GroupNormalization", ["x", "s", "b"], num_groups=2)],
        IMAGE,
        [("s", weight(4)), ("b", weight(4, seed=1))],
        21,
    ),
    ("square", [node("Pow", ["x", "e"])], (5,), [("e", np.float32(2))], 21),
    (
        "root of a square",
        [*_safe("Identity")[:2], node("Pow", ["p", "e"])],
        (5,),
        [QUARTER, ("e", np.array([0.5], np.float32))],
        15,
    ),
    ("quotient", [*_safe("Identity")[:2], node("Div", ["x", "p"])], (4, 3), [QUARTER], 21),
    (
        "constant over an activation",
        [*_safe("Identity")[:2], node("Div", ["c", "p"])],
        (4, 3),
        [QUARTER, ("c", weight(3))],
        21,
    ),
    ("smaller", [node("Min", ["x", "c"])], (4, 3), [("c", weight(3))], 21),
    ("larger of three", [node("Max", ["x", "c", "x"])], (4, 3), [("c", weight(4, 3))], 21),
    ("one operand", [node("Max", ["x"])], (4,), [], 21),
    (
        "masked",
        [node("Where", ["m", "x", "low"])],
        (4, 4),
        [("m", np.tril(np.ones((4, 4), bool))), ("low", np.float32(-1e4))],
        21,
    ),
    (
        "masked the other way",
        [node("Where", ["m", "low", "x"])],
        (4, 4),
        [("m", np.triu(np.ones((1, 4, 4), bool), 1)), ("low", np.float32(-1e4))],
        21,
    ),
]
