"""Forms of ONNX operators that join, move and cut tensors, held to the reference evaluator.

A form is (what it is, nodes, shape of x without the batch, weights, opset).
"""

import numpy as np
from onnx_cases import node
from onnx_forms import IMAGE, ints, positive, weight

FORMS = [
    # joins
    *[
        (f"{kind} constant", [node(kind, ["x", "c"])], IMAGE, [("c", positive(3, 1, 1))], 21)
        for kind in ("Add", "Sub", "Mul", "Div")
    ],
    *[
        (f"constant {kind}", [node(kind, ["c", "x"])], IMAGE, [("c", positive(1, 3, 1, 6))], 21)
        for kind in ("Add", "Sub", "Mul")
    ],
    *[
        (f"{kind} scalar", [node(kind, ["x", "c"])], IMAGE, [("c", np.float32(1.7))], 21)
        for kind in ("Add", "Sub", "Mul", "Div")
    ],
    *[
        (f"{kind} activations", [node("Relu", ["x"], ["h"]), node(kind, ["x", "h"])], IMAGE, [], 21)
        for kind in ("Add", "Sub", "Mul")
    ],
    (
        "sum of three",
        [node("Relu", ["x"], ["h"]), node("Sum", ["x", "c", "h"])],
        IMAGE,
        [("c", weight(6))],
        21,
    ),
    ("sum of one", [node("Sum", ["x"], ["h"]), node("Relu", ["h"])], IMAGE, [], 21),
    (
        "gate",
        [
            node("GlobalAveragePool", ["x"], ["h"]),
            node("Sigmoid", ["h"], ["g"]),
            node("Mul", ["x", "g"]),
        ],
        IMAGE,
        [],
        21,
    ),
    ("concat", [node("Relu", ["x"], ["h"]), node("Concat", ["x", "h"], axis=1)], IMAGE, [], 21),
    (
        "concat last",
        [node("Relu", ["x"], ["h"]), node("Concat", ["x", "h", "x"], axis=-1)],
        IMAGE,
        [],
        21,
    ),
    # movement
    ("flatten", [node("Flatten", ["x"])], IMAGE, [], 21),
    ("reshape", [node("Reshape", ["x", "s"])], (4, 6), [("s", ints(0, 3, -1))], 21),
    (
        "squeeze",
        [node("Squeeze", ["x", "a"], ["h"]), node("Relu", ["h"])],
        (4, 1, 6),
        [("a", ints(2))],
        21,
    ),
    (
        "unsqueeze",
        [node("Unsqueeze", ["x", "a"], ["h"]), node("Softmax", ["h"], axis=1)],
        (4, 6),
        [("a", ints(1))],
        21,
    ),
    ("transpose", [node("Transpose", ["x"], perm=[0, 3, 1, 2])], IMAGE, [], 21),
    ("depth to space", [node("DepthToSpace", ["x"], blocksize=2)], (8, 3, 4), [], 21),
    (
        "depth to space rows",
        [node("DepthToSpace", ["x"], blocksize=2, mode="CRD")],
        (8, 3, 4),
        [],
        21,
    ),
    ("space to depth", [node("SpaceToDepth", ["x"], blocksize=2)], (3, 4, 6), [], 21),
    *[
        (
            f"pad {mode}",
            [node("Pad", ["x", "p"], mode=mode)],
            IMAGE,
            [("p", ints(0, 0, 1, 2, 0, 0, 2, 1))],
            21,
        )
        for mode in ("constant", "reflect", "edge", "wrap")
    ],
    (
        "pad value",
        [node("Pad", ["x", "p", "v"])],
        IMAGE,
        [("p", ints(0, 1, 0, 2, 0, 0, 1, 0)), ("v", np.float32(0.7))],
        21,
    ),
    (
        "pad axes",
        [node("Pad", ["x", "p", "", "a"])],
        IMAGE,
        [("p", ints(1, 2)), ("a", ints(-1))],
        21,
    ),
    ("pad attribute", [node("Pad", ["x"], pads=[0, 0, 1, 1, 0, 0, 0, 2], value=0.5)], IMAGE, [], 9),
    (
        "slice",
        [node("Slice", ["x", "s", "e", "a"])],
        IMAGE,
        [("s", ints(1, -4)), ("e", ints(100, -1)), ("a", ints(1, -1))],
        21,
    ),
    (
        "slice steps",
        [node("Slice", ["x", "s", "e", "a", "t"])],
        IMAGE,
        [("s", ints(-1, 0)), ("e", ints(-1000, 6)), ("a", ints(2, 3)), ("t", ints(-2, 2))],
        21,
    ),
    (
        "slice flips",
        [node("Slice", ["x", "s", "e", "a", "t"])],
        (4, 3),
        [("s", ints(-1)), ("e", ints(-(2**62))), ("a", ints(1)), ("t", ints(-1))],
        21,
    ),
    ("slice attributes", [node("Slice", ["x"], starts=[1], ends=[3], axes=[2])], IMAGE, [], 9),
    (
        "split",
        [node("Split", ["x", "s"], ["a", "b", "c"], axis=1), node("Concat", ["c", "a"], axis=1)],
        (7, 3),
        [("s", ints(2, 4, 1))],
        21,
    ),
    (
        "split equal",
        [node("Split", ["x"], ["a", "b"], axis=1, num_outputs=2), node("Sub", ["a", "b"])],
        (6, 3),
        [],
        21,
    ),
    ("gather one", [node("Gather", ["x", "i"], axis=1)], (6, 4), [("i", np.array(-1))], 21),
    ("gather order", [node("Gather", ["x", "i"], axis=2)], (6, 4), [("i", ints(3, 0, 2, 1))], 21),
    (
        "gather matrix",
        [node("Gather", ["x", "i"], axis=1)],
        (6, 4),
        [("i", ints(0, 5, 1, 1).reshape(2, 2))],
        21,
    ),
    ("cast", [node("Cast", ["x"], ["h"], to=1), node("Relu", ["h"])], (4,), [], 21),
    (
        "shape arithmetic",
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "z"], ["b"]),
            node("Concat", ["b", "m"], ["t"], axis=0),
            node("Reshape", ["x", "t"]),
        ],
        (4, 6),
        [("z", ints(0)), ("m", ints(-1))],
        21,
    ),
    (
        "computed constant",
        [node("Mul", ["c", "d"], ["k"]), node("Sqrt", ["k"], ["r"]), node("Div", ["x", "r"])],
        (4,),
        [("c", positive(4)), ("d", positive(4))],
        21,
    ),
]
