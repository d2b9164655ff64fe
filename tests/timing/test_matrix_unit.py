"""Does a product of two activations take the blocks that a person counts, and read its operands as
often?
"""

import pytest
from small_chips import QUIET, quiet_chip, run, trace_of

import archsim
from archsim.chip import load_architecture
from archsim.chip.built import build_chip
from archsim.operators.sizes import MatrixProduct
from archsim.operators.vocabulary import operator_of
from archsim.trace.operation import Operation
from hwlib.errors import InputError
from tests.near import near
from workloads.network import Layer, Network

PARTS = {
    f"components.{role}.{field}": value
    for role, part, per, parameters in (
        ("matrix_unit", "multiply_accumulate", "mac", {"bits": "=derived.matrix_bits"}),
        ("matrix_operand", "register", "mac", {"bits": "=derived.matrix_bits"}),
        (
            "matrix_sum",
            "sram",
            "core",
            {"capacity_kib": "=derived.matrix_sum_kib", "width_bits": "=derived.matrix_word_bits"},
        ),
    )
    for field, value in {
        "part": part,
        "per": per,
        "boundary": "chip",
        **{f"parameters.{name}": f"'{path}'" for name, path in parameters.items()},
    }.items()
}


def product(vectors=6, rows=10, columns=7, matrices=2, steps=3):
    """Six vectors in three steps, three a matrix of 10 x 7."""
    return Operation(
        "a.forward",
        "a",
        "forward",
        "digital",
        steps,
        input_elements=(vectors * rows + matrices * rows * columns) / steps,
        output_elements=vectors * columns / steps,
        vector_work={"multiply_add": vectors * rows * columns / steps, "compare": 5.0},
        products=(MatrixProduct(vectors, rows, columns, matrices),),
    )


def chip(**settings):
    return load_architecture(
        quiet_chip(**{"matrix_unit__rows": 4, "matrix_unit__columns": 16, **settings}), PARTS
    )


def end(operation, chip):
    machine, _ = run(trace_of(operation), chip)
    return machine.spans[0].end


def test_a_vector_passes_a_block_a_cycle():
    # 4 x 16: 10 rows are 3 blocks deep, 7 columns one wide; two vectors a step: 6 cycles, 3 steps;
    # buffers and lanes take one cycle beside it, before the first and behind the last
    slow = chip(vector_unit__lanes=1)  # 5 compares a step, beside the 6 cycles of the unit
    assert end(product(), chip()) == 1 + 18
    assert end(product(), slow) == 1 + 18
    # 4 x 4: two blocks wide
    assert end(product(), chip(matrix_unit__columns=4)) == 1 + 36
    # two units: half the time
    assert end(product(), chip(matrix_unit__columns=4, matrix_unit__units=2)) == 1 + 18


def test_lanes_multiply_where_there_is_no_unit():
    # 140 multiply-adds and 5 compares a step, a lane: 145 cycles; with the unit the compares are left
    lanes = quiet_chip(vector_unit__lanes=1)
    assert end(product(), lanes) == 1 + 3 * 145


def counts(chip, operation=None):
    trace = trace_of(operation or product())
    counted = build_chip(trace, chip).counts.counts
    return {key[:2]: count for key, count in counted.items() if key[2] == "a"}


def test_operands_and_sums_are_counted():
    first = counts(chip())
    assert first["matrix_unit", "multiply_add"] == near(420)  # 6 x 10 x 7
    assert ("vector_unit", "multiply_add") not in first
    assert first["vector_unit", "compare"] == near(15)
    # a matrix of 70 values, of which there are two, is taken once for its three vectors
    assert first["matrix_operand", "write"] == near(140)
    # 6 vectors x 3 blocks deep, each a word of sums; the first of the three begins it
    assert first["matrix_sum", "write"] == near(18)
    assert first["matrix_sum", "read"] == near(12)
    words = first["buffer", "read"]
    # two vectors at a time: the second block of vectors takes both matrices again
    again = counts(chip(matrix_unit__vectors=2))
    assert again["matrix_operand", "write"] == near(280)
    assert again["buffer", "read"] - words == near(140 * 8 / 1024)


def test_the_way_back_is_two_products():
    layer = Layer("m", "matmul", ("x", "y"), ((2, 3, 10), (2, 10, 7)), (2, 3, 7))
    (ahead,) = operator_of(layer).products(layer)
    assert ahead == MatrixProduct(6, 10, 7, 2)
    # errors (3 x 7) by the second operand turned (7 x 10); the first turned (10 x 3) by the errors
    back = operator_of(layer).products_back(layer)
    assert back == (MatrixProduct(6, 7, 10, 2), MatrixProduct(20, 3, 7, 2))
    assert sum(item.multiply_adds for item in back) == 2 * ahead.multiply_adds


def test_inputs_wider_than_an_operand_are_refused():
    with pytest.raises(InputError, match="matrix_unit.format"):
        counts(chip(read__input_bits=9))
    counts(chip(read__input_bits=9, matrix_unit__format="int16"))


def attention():
    """Four tokens of 8 features, whose products need no weights."""
    shape = (4, 8)
    layers = (
        Layer("input", "input", (), (), shape),
        Layer("q", "linear", ("input",), (shape,), shape),
        Layer("turn", "transpose", ("q",), (shape,), (8, 4), settings=(("axes", (1, 0)),)),
        Layer("scores", "matmul", ("q", "turn"), (shape, (8, 4)), (4, 4)),
        Layer("out", "linear", ("scores",), ((4, 4),), (4, 3)),
    )
    return Network("attention", layers)


def test_a_unit_is_area_and_the_settings_act():
    small = load_architecture("cim40", PARTS | {"matrix_unit.rows": 4, "matrix_unit.columns": 16})
    large = load_architecture("cim40", PARTS | {"matrix_unit.rows": 8, "matrix_unit.columns": 16})
    one, two = (archsim.simulate(attention(), each) for each in (small, large))
    assert one.by_component["matrix_unit"]["count"] == 4 * 16
    area = one.by_component["matrix_unit"]["area_mm2"]
    assert two.by_component["matrix_unit"]["area_mm2"] == near(2 * area) and area > 0
    assert one.document["unused"] == []
    plain = archsim.simulate("lenet1", load_architecture("cim40", {"matrix_unit.vectors": 4}))
    assert "matrix_unit.vectors" in plain.document["unused"]
    with pytest.raises(InputError, match="has no matrix_"):
        archsim.simulate(attention(), load_architecture("cim40", {"matrix_unit.rows": 4}))


def test_cores_have_units_of_their_own():
    cores = load_architecture(
        "cores40", PARTS | {"matrix_unit.rows": 4, "matrix_unit.columns": 16, "core.tiles": 1}
    )
    result = archsim.simulate(attention(), cores)
    # two linear layers, a tile and so a core each; 4 x 16 MACs in both
    assert result.by_component["matrix_unit"]["count"] == 2 * 64
    # four vectors, 8 rows in blocks of 4: 8 cycles, in the one core that made its operands
    busy = [row for row in result.resources if row["kind"] == "matrix_unit"]
    assert [row["busy_cycles"] for row in busy] == [8]
    assert not any(name.startswith("matrix_unit") for name in QUIET)
