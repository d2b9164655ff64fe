"""Do layer kernels (two operands, words of their own) compute what their operator defines, pass errors
back as finite differences ask, and alike in machine code?

Kernels are found by themselves: a new one without a form here fails.
"""

from dataclasses import replace

import numpy as np
import pytest

from archsim.operators.compiled import LAYER_KERNELS, compiled
from archsim.operators.forward import apply
from archsim.operators.kernels import OWN, Back, Forth, LayerKernel
from archsim.operators.vector.comparison import RELATIONS
from archsim.operators.vector.logical import CONNECTIVES
from archsim.operators.vector.reduce import KINDS
from archsim.operators.vocabulary import FUNCTIONS
from archsim.readers.table import Table
from tests.conformance.operators_known import F, values_of
from tests.members import every
from tests.near import near
from workloads.layers import infer_layer

MAP = (2, 3, 4)
# walks over elements (see operators.strides): sizes, strides and the first
WALK = (1, 1, 2, 3, 0, 0, 4, 1, 5)  # 5 6 7, 9 10 11
OUT = (1, 2, 2, 2, 0, 16, 4, 1, 5)  # the middle of a border of one
STEEP = {"settings": (("alpha", 2.0), ("beta", 0.6), ("bias", 1.5))}
# operator, its fields, shapes of its inputs, further fields of the layer
FORMS = {
    "clip": ("clip", {"low": -0.9, "high": 1.1}, [MAP]),
    "leaky": ("leaky_relu", {"alpha": 0.2}, [MAP]),
    "excited": ("multiply", {}, [MAP, (2, 1, 1)]),
    "rows": ("multiply", {}, [(3, 4), (4,)]),
    "shifted": ("add", {}, [MAP, (2, 1, 1)]),
    "positions": ("add", {}, [(3, 4)]),
    "layer norm": ("layer_norm", {}, [(3, 5)]),
    "affine": ("layer_norm", {"affine": True}, [(3, 5)]),
    "rms": ("rms_norm", {}, [(3, 5)]),
    "scaled": ("rms_norm", {}, [(3, 5)], {"constants": ("scale",)}),
    "shifted alone": ("layer_norm", {}, [(3, 5)], {"constants": ("shift",)}),
    "walk": ("slice", {}, [(3, 4)], {"settings": (("taken", WALK),), "output_shape": (2, 3)}),
    "walk out": ("pad", {"padding": 1}, [(2, 2, 2)], {"settings": (("put", OUT), ("fill", 0.5))}),
    "groups": ("group_norm", {"groups": 2}, [(4, 2, 3)]),
    "turned": ("transpose", {"axes": [2, 0, 1]}, [MAP]),
    "part": ("slice", {"axis": 1, "start": 1, "stop": 3}, [MAP]),
    "enlarged": ("upsample", {"factor": 2}, [MAP]),
    "repeated": ("tile", {"repeats": [1, 2]}, [(3, 4)]),
    "bordered": ("pad", {"padding": [1, 0, 2, 1]}, [MAP]),
    "beside": ("concat", {"axis": 1}, [(2, 3), (2, 1)]),
    "attention": ("matmul", {}, [(2, 3, 4), (2, 4, 2)]),
    "swish": ("swish", {}, [MAP], {"settings": (("alpha", 0.7),)}),
    "elu": ("elu", {}, [MAP], {"settings": (("alpha", 0.7),)}),
    "celu": ("celu", {}, [MAP], {"settings": (("alpha", 0.7),)}),
    "selu": ("selu", {}, [MAP], {"settings": (("alpha", 0.7), ("gamma", 1.2))}),
    "above": ("thresholded_relu", {}, [MAP], {"settings": (("alpha", 0.7),)}),
    "line": ("hard_sigmoid", {}, [MAP], {"settings": (("alpha", 0.4), ("beta", 0.3))}),
    "beside a constant": (
        "concat",
        {"axis": 1},
        [(2, 3), (2, 1)],
        {"constants": ("part1",), "output_shape": (2, 6)},
    ),
    "between two constants": (
        "concat",
        {},
        [(2, 3)],
        {
            "constants": ("part0", "part2"),
            "output_shape": (6, 3),
            "settings": (("lengths", (1, 3)),),
        },
    ),
    "sum of three": ("add", {}, [MAP, (3, 4), (2, 1, 1)]),
    "smallest of four": ("minimum", {}, [MAP] * 4),
    "largest beside a constant": (
        "maximum",
        {},
        [MAP, (3, 4)],
        {"constants": ("operand1",), "output_shape": MAP},
    ),
    "product with two constants": ("multiply", {}, [MAP], {"constants": ("operand0", "operand2")}),
    "words of a matrix": ("memory_linear", {"features": 3}, [(2, 4)]),
    "chosen": ("add", {}, [(2, 3), (3,)], {"operator": "where", "constants": ("operand0",)}),
    "kept where true": (
        "add",
        {},
        [(2, 3)],
        {"operator": "where", "constants": ("operand0", "operand2")},
    ),
    "kept where false": (
        "add",
        {},
        [(2, 3)],
        {"operator": "where", "constants": ("operand0", "operand1")},
    ),
    "chosen by a condition": ("where", {}, [(2, 1), (3,), (2, 3)]),
    "chosen where true or a constant": (
        "add",
        {},
        [(2, 3), (3,)],
        {"operator": "where", "constants": ("operand2",)},
    ),
    "chosen where false or a constant": (
        "add",
        {},
        [(2, 1), (2, 3)],
        {"operator": "where", "constants": ("operand1",)},
    ),
    "two constants": (
        "add",
        {},
        [(2, 3)],
        {"operator": "where", "constants": ("operand1", "operand2")},
    ),
    **{
        f"{operator} {value}": (operator, {field: value}, [(2, 3), (3,)])
        for operator, field, values in (
            ("comparison", "relation", RELATIONS.values()),
            ("logical", "connective", CONNECTIVES.values()),
        )
        for value in values
    },
    **{
        f"{operator} {value} with a constant": (
            operator,
            {field: value},
            [(2, 3), (2, 3)],
            {"inputs": ("x",), "input_shapes": ((2, 3),), "constants": ("operand1",)},
        )
        for operator, field, values in (
            ("comparison", "relation", RELATIONS.values()),
            ("logical", "connective", CONNECTIVES.values()),
        )
        for value in values
    },
    **{
        f"{kind} along axes": ("reduce", {"kind": kind, "axes": [0, 2]}, [MAP])
        for kind, item in KINDS.items()
        if item.kernel
    },
    "by number": ("transpose", {"axes": [1, 0]}, [(3, 4)], {"constants": ("index",)}),
    "by number, filled": (
        "pad",
        {"padding": 1},
        [(2, 2, 2)],
        {"settings": (("fill", 0.5),), "constants": ("index",)},
    ),
    "more axes than four": ("transpose", {"axes": [5, 2, 4, 1, 3, 0]}, [(2, 2, 2, 2, 2, 2)]),
    "square": ("power", {"exponent": 2}, [MAP]),
    "cube": ("power", {"exponent": 3}, [MAP]),
    "difference": ("subtract", {}, [(2, 3), (3,)]),
    "ratio": ("quotient", {}, [(2, 3), (2, 1)]),
    "divided": ("divide", {}, [(2, 3), (2, 3)]),
    "larger": ("maximum", {}, [MAP, (3, 4)]),
    "smaller": ("minimum", {}, [MAP, MAP]),
    **{
        f"{operator} of {role}": (operator, {}, [(2, 3)], {"constants": (role,)})
        for operator in ("add", "subtract", "multiply", "divide", "quotient", "maximum", "minimum")
        for role in ("operand0", "operand1")
    },
    **{
        f"{operator} with trained {role}": (
            operator,
            {},
            [(2, 3, 4)],
            {"constants": (role,), "settings": (("trained", (3, 1)),)},
        )
        for operator in ("add", "subtract", "multiply", "divide", "quotient", "maximum", "minimum")
        for role in ("operand0", "operand1")
    },
    "spread over trained words": (
        "subtract",
        {},
        [(3, 1)],
        {
            "constants": ("operand0",),
            "output_shape": (2, 3, 4),
            "settings": (("trained", (2, 1, 4)),),
        },
    ),
    "behind trained words": (
        "concat",
        {"axis": 1},
        [(2, 3), (2, 1)],
        {
            "constants": ("part0",),
            "output_shape": (2, 6),
            "settings": (("axis", 1), ("trained", True)),
        },
    ),
    "spread over a constant": (
        "subtract",
        {},
        [(3, 1)],
        {"constants": ("operand0",), "output_shape": (2, 3, 4)},
    ),
    "shares": ("softmax", {"axis": 1}, [(3, 4)]),
    "logarithms of shares": ("log_softmax", {}, [(3, 4)], {"settings": (("axes", (0,)),)}),
    "running": ("running_sum", {"axis": 1}, [(2, 3, 2)]),
    "running before": ("running_sum", {"axis": 0, "exclusive": True}, [(3, 2)]),
    "running from the end": ("running_sum", {"axis": 1, "reverse": True}, [(2, 3)]),
    "running to the end": ("running_sum", {"exclusive": True, "reverse": True}, [(4,)]),
    "of its own size": ("resize", {}, [(2, 3, 2)], {"output_shape": (2, 3, 2)}),
    "bilinear": ("resize", {"factor": 2}, [(2, 3, 2)]),
    "cubic": ("resize", {"factor": 2, "mode": "cubic"}, [(1, 3, 4)]),
    "along one axis": (
        "resize",
        {},
        [(2, 3, 2)],
        {"settings": (("coordinates", "align_corners"),), "output_shape": (2, 5, 2)},
    ),
    "neighbours": ("local_response_norm", {"size": 3}, [(4, 2, 2)], STEEP),
    "neighbours of even windows": ("local_response_norm", {"size": 4}, [(5, 1, 2)], STEEP),
    "quantised": (
        "quantize",
        {},
        [(3, 4)],
        {"constants": ("scale", "zero"), "settings": (("low", -2), ("high", 2), ("axis", 1))},
    ),
    "quantised by one": ("quantize", {}, [(3, 4)], {"constants": ("scale",)}),
    "dequantised": (
        "dequantize",
        {},
        [(3, 4)],
        {"constants": ("scale", "zero"), "settings": (("axis", 0),)},
    ),
    "masked": ("causal_mask", {}, [(2, 3, 3)]),
    "nothing dropped in a test": ("dropout", {"rate": 0.4}, [MAP]),
}


def layer_of(form):
    operator, fields, shapes, *more = FORMS[form]
    names = ("x", "y", "z", "w")[: len(shapes)]
    counted = FUNCTIONS[operator].counted_as
    table = Table({"name": "it", "operator": counted or operator} | fields, "test")
    layer = infer_layer(table, counted or operator, names, tuple(map(tuple, shapes)))
    if counted:
        layer = replace(layer, function=operator, settings=())
    return replace(layer, **more[0]) if more else layer  # what an import alone can say


def first_words(row, number):
    words = row.words
    # constant operands, whose values a file has
    values = [
        own if np.isnan(given) else given
        for given, own in zip(words.constants, values_of(len(words.constants), 30 + number))
    ]
    for number, _ in enumerate((*words.trained, *words.forth, *words.back)):
        values += [*values_of(words.each, 20 + number)]
    return np.array(values, F)


def numbers_of(layer):
    """Elements met twice and never, and every third one filled where the layer fills."""
    numbers = np.arange(layer.output_elements) * 5 % layer.input_elements
    if layer.setting("fill") is not None:
        numbers[::3] = -1
    return np.append(numbers, layer.setting("fill", 0.0))


class Run:
    """A layer's rows with values, in plain Python or machine code."""

    def __init__(self, form, function=lambda half: half):
        self.layer = layer_of(form)
        self.function = function
        self.rows = FUNCTIONS[self.layer.computes].training(self.layer, "test")
        assert self.rows and all(isinstance(row.kernel, LayerKernel) for row in self.rows)
        # the words of rows lie one behind another
        self.own = [first_words(row, number) for number, row in enumerate(self.rows)]
        self.words = np.concatenate(self.own)
        chosen = self.layer.computes == "where"
        if chosen and "operand0" in self.layer.constants:  # a condition is false somewhere
            self.words[: self.layer.output_elements : 2] = 0
        if "index" in self.layer.constants:
            self.words[:] = numbers_of(self.layer)
        shapes = self.layer.input_shapes
        self.inputs = [values_of(int(np.prod(shape)), 3 + k) for k, shape in enumerate(shapes)]
        if chosen and "operand0" not in self.layer.constants:
            self.inputs[0][::2] = 0

    def words_of(self, number):
        first = sum(map(len, self.own[:number]))
        return self.words[first : first + len(self.own[number])]

    def memory(self):
        """Room for the output, and behind it for what rows make on the way."""
        ends = [row.start + row.size for row in self.rows if row.size is not None]
        return np.zeros(max([self.layer.output_elements, *ends]), F)

    def span(self, row, memory):
        size = self.layer.output_elements if row.size is None else row.size
        return memory[row.start : row.start + size]

    def source(self, row, memory, inputs):
        held = memory if row.source == OWN else inputs[row.source]
        return held[row.first :][: row.taken]

    def second(self, row, inputs):
        return inputs[row.second] if row.second >= 0 else np.zeros(0, F)

    def forward(self):
        self.made = self.memory()
        self.kept = [np.zeros(row.kept, F) for row in self.rows]
        for number, (row, kept) in enumerate(zip(self.rows, self.kept)):
            window = np.array(row.window, np.int64)
            data = Forth(
                self.source(row, self.made, self.inputs),
                self.second(row, self.inputs),
                self.span(row, self.made),
                kept,
                self.words_of(number),
                F(0),
            )
            self.function(row.kernel.forward)(data, window)
        return self.made[: self.layer.output_elements]

    def back(self, errors):
        """Errors of every input, and gradients of the trained words."""
        self.forward()
        below = [np.zeros_like(values) for values in self.inputs]
        beside = self.memory()
        beside[: len(errors)] = errors
        trained = len(self.rows[0].words.trained) * self.rows[0].words.each
        gradients = np.zeros(trained, F)
        for number, row in reversed(list(enumerate(self.rows))):
            window = np.array(row.window, np.int64)
            data = Back(
                self.source(row, self.made, self.inputs),
                self.second(row, self.inputs),
                self.span(row, self.made),
                self.kept[number],
                self.words_of(number),
                self.span(row, beside),
                self.source(row, beside, below),
                self.second(row, below),
                gradients,
                F(0),
                0,
            )
            self.function(row.kernel.backward)(data, window)
        return below, gradients

    def exact(self, inputs, words):
        """By the operator's definition, with the values that it folds its words into."""
        held = FUNCTIONS[self.layer.computes].folded(self.layer, words)
        shaped = [values.reshape(s) for values, s in zip(inputs, self.layer.input_shapes)]
        return np.ravel(apply(self.layer, shaped, held))


@pytest.mark.parametrize("form", FORMS)
def test_its_forward_is_the_definition(form):
    run = Run(form)
    exact = run.exact([values.astype(float) for values in run.inputs], run.words)
    np.testing.assert_allclose(run.forward(), exact, rtol=1e-5, atol=1e-5)


SMOOTH = [form for form in FORMS if not FUNCTIONS[FORMS[form][0]].straight_through]


@pytest.mark.parametrize("form", SMOOTH)
def test_its_errors_and_gradients_are_finite_differences(form):
    run = Run(form)
    errors = values_of(run.layer.output_elements, 9)
    if form == "masked":  # scores behind a mask are 1e9 below: beside them a difference is lost
        errors = (errors.reshape(-1, 3, 3) * np.tri(3)).astype(F).reshape(-1)
    below, gradients = run.back(errors)
    inputs = [values.astype(float) for values in run.inputs]
    words = run.words.astype(float)
    h = 1e-6

    def total():
        return float(run.exact(inputs, words) @ errors)

    def slope(values, k):
        start = values[k]
        ends = []
        for move in (h, -h):
            values[k] = start + move
            ends.append(total())
        values[k] = start
        return (ends[0] - ends[1]) / (2 * h)

    for source, error in enumerate(below):
        for k in range(len(error)):
            wanted = slope(inputs[source], k)
            assert error[k] == pytest.approx(wanted, rel=1e-3, abs=1e-4), (source, k)
    first = len(run.rows[0].words.constants)
    for k, gradient in enumerate(gradients):
        assert gradient == pytest.approx(slope(words, first + k), rel=1e-3, abs=1e-4), k


@pytest.mark.parametrize("form", FORMS)
def test_its_machine_code_is_its_plain_function(form):
    plain = Run(form)
    made = Run(form, compiled)
    np.testing.assert_allclose(made.forward(), plain.forward(), rtol=1e-6, atol=1e-6)
    errors = values_of(plain.layer.output_elements, 9)
    ours, theirs = made.back(errors), plain.back(errors)
    for one, other in zip([*ours[0], ours[1]], [*theirs[0], theirs[1]]):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=2e-6)


def test_every_layer_kernel_has_a_form():
    used = {row.kernel.name for form in FORMS for row in Run(form).rows}
    own_tests = {"batch normalisation", "rows of a table"}  # test_batch_norm, test_tables_train
    assert used | own_tests == {kernel.name for kernel in LAYER_KERNELS}


@every("form", FORMS)
def test_the_words_that_it_trains_are_priced(form):
    run = Run(form)
    counts = FUNCTIONS[run.layer.operator].words(run.layer)
    words = run.rows[0].words
    assert counts == tuple(
        len(kind) * words.each for kind in (words.trained, words.forth, words.back)
    )


def test_a_product_with_zeros_passes_errors_to_the_one_zero_alone():
    run = Run("product along axes")  # (2, 3, 4) along the axes 0 and 2
    values = run.inputs[0].reshape(2, 3, 4)
    values[1, 0, 2] = 0
    values[0, 1, 0] = values[1, 1, 3] = 0
    (below,), _ = run.back(np.ones(3, F))
    slopes = below.reshape(2, 3, 4)
    others = np.delete(values[:, 0].reshape(-1), 6)
    assert slopes[1, 0, 2] == near(np.prod(others))
    assert np.count_nonzero(slopes[:, 0]) == 1 and not slopes[:, 1].any()
    assert np.count_nonzero(slopes[:, 2]) == 8


def test_equals_share_the_error_of_the_smallest():
    run = Run("smallest along axes")
    values = run.inputs[0].reshape(2, 3, 4)
    values[0, 1, 1] = values[1, 1, 3] = -7
    (below,), _ = run.back(np.ones(3, F))
    slopes = below.reshape(2, 3, 4)
    assert slopes[0, 1, 1] == slopes[1, 1, 3] == 0.5 and slopes[:, 1].sum() == 1
