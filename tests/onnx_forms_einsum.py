"""Forms of ONNX's Einsum, of GRU-like sums and products by letters, held to the reference evaluator.

A form is (what it is, nodes, shape of x without the batch, weights, opset).
"""

import numpy as np
from onnx_cases import node


def weight(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def einsum(equation, *inputs, outputs=("y",)):
    return node("Einsum", ["x", *inputs], outputs, equation=equation)


HEADS = (4, 3, 5)
FORMS = [
    ("einsum with a weight", [einsum("nsi,io->nso", "w")], (4, 5), [("w", weight(5, 3))], 13),
    (
        "einsum with a turned weight and an ellipsis",
        [einsum("...i,oi->...o", "w")],
        (4, 5),
        [("w", weight(3, 5))],
        13,
    ),
    (
        "einsum over heads and their features",
        [einsum("nshd,hdm->nsm", "w")],
        HEADS,
        [("w", weight(3, 5, 6))],
        13,
    ),
    (
        "einsum that makes heads, before a bias of one a feature",
        [einsum("nsi,ihd->nhsd", "w", outputs=["h"]), node("Add", ["h", "b"])],
        (4, 6),
        [("w", weight(6, 2, 3)), ("b", weight(3))],
        13,
    ),
    (
        "einsum, the weight first",
        [node("Einsum", ["w", "x"], equation="oi,nis->nos")],
        (5, 4),
        [("w", weight(3, 5))],
        13,
    ),
    ("einsum of an attention's scores", [einsum("nqhd,nkhd->nhqk", "x")], HEADS, [], 13),
    (
        "einsum of an attention's values",
        [
            einsum("nqhd,nkhd->nhqk", "x", outputs=["scores"]),
            node("Softmax", ["scores"], ["p"]),
            node("Einsum", ["p", "x"], equation="nhqk,nkhd->nqhd"),
        ],
        HEADS,
        [],
        13,
    ),
    (
        "einsum with a weight a head",
        [einsum("nqhd,shd->nqhs", "w")],
        HEADS,
        [("w", weight(2, 3, 5))],
        13,
    ),
    (
        "einsum with a weight a head, two letters of it summed",
        [node("Einsum", ["w", "x"], equation="qhdm,nqhd->nmq")],
        HEADS,
        [("w", weight(4, 3, 5, 2))],
        13,
    ),
    (
        "einsum with a weight a head, alike for all images",
        [einsum("nisq,jnsq->nsij", "w")],
        HEADS,
        [("w", weight(6, 1, 3, 5))],
        13,
    ),
    (
        "einsum with a stack of one weight",
        [einsum("nqhd,hds->nqhs", "w")],
        (4, 1, 5),
        [("w", weight(1, 5, 2))],
        13,
    ),
    (
        "einsum with a stack that two products read",
        [
            einsum("nqhd,hde->nqhe", "w", outputs=["h"]),
            node("Einsum", ["h", "w"], equation="nqhd,hde->nqhe"),
        ],
        HEADS,
        [("w", weight(3, 5, 5))],
        13,
    ),
    ("einsum that only turns", [einsum("nabc->ncab")], HEADS, [], 13),
    ("einsum without an arrow", [einsum("abc,cd", "w")], (4, 5), [("w", weight(5, 3))], 13),
    ("einsum of a sum of products", [einsum("nab,nab->n", "x")], (4, 5), [], 13),
    ("einsum of outer products", [einsum("na,nb->nab", "x")], (4,), [], 13),
]
