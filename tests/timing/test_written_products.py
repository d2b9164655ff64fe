"""Is the second operand of a product written to arrays as often as a person counts, and read then as
any matrix is?
"""

import pytest
from test_matrix_unit import attention

import archsim
from archsim.chip import load_architecture
from archsim.trace import build_trace
from hwlib.errors import InputError
from tests.near import near
from workloads import load_network

ON_ARRAYS = {"execution.attention": "arrays"}


def by_name(trace):
    return {operation.name: operation for operation in trace.image_operations}


def test_an_operand_is_a_matrix_that_is_written_row_by_row():
    trace = build_trace(attention(), attention="arrays")
    scores = next(matrix for matrix in trace.matrices if matrix.layer == "scores")
    assert (scores.rows, scores.columns, scores.groups, scores.vectors) == (8, 4, 1, 4)
    load, read = (by_name(trace)[f"scores.{word}"] for word in ("load", "forward"))
    assert (load.kind, load.steps, load.input_elements) == ("write", 8, 4)
    assert load.activity.devices_written == 1
    assert (read.kind, read.steps, read.input_elements, read.output_elements) == ("read", 4, 8, 4)
    assert read.after == ("q.forward", "scores.load")
    assert "multiply_add" not in read.vector_work and read.products == ()


def test_writes_are_counted_and_take_their_time():
    chip = load_architecture("cim40", ON_ARRAYS)
    written = archsim.simulate(attention(), chip)
    digital = archsim.simulate(attention(), "cim40")
    # 8 x 4 weights in pairs of cells, 4 pulses each
    counted = [
        row["count"]
        for row in written.ledger
        if (row["component"], row["action"]) == ("array", "write")
    ]
    assert counted == [8 * 4 * 2 * 4]
    # 8 rows, each at least 4 pulses with their verify reads
    row = chip.write.pulses * (chip.write.pulse_cycles + chip.write.verify_cycles)
    assert written.cycles - digital.cycles > 8 * row
    assert written.tiles == digital.tiles + 1
    assert "multiply_add" not in {
        row["action"] for row in written.ledger if row["layer"] == "scores"
    }


def test_a_token_adds_a_column_of_keys_and_a_row_of_values():
    network = load_network("gpt2_small").decoding(100)
    named = by_name(build_trace(network, phase="decode", attention="arrays"))
    keys, values = named["block1_scores.load"], named["block1_mix.load"]
    # keys lie turned, 64 x 101 a head: one device in each row of 12 heads; values are a row of 64
    assert (keys.steps, keys.input_elements) == (64, 12)
    assert keys.activity.devices_written == near(1 / 101)
    assert (values.steps, values.input_elements) == (1, 12 * 64)
    assert values.activity.devices_written == 1
    # they lie on the arrays, not in a buffer
    assert not any(item.recalled or item.cached for item in named.values())


def test_how_long_devices_last_is_said(tmp_path):
    result = archsim.simulate(attention(), load_architecture("cim40", ON_ARRAYS))
    assert any("states no endurance_pulses" in note for note in result.document["notes"])
    device = tmp_path / "worn.toml"
    device.write_text(DEVICE, encoding="utf-8")
    chip = load_architecture("cim40", {**ON_ARRAYS, "weights.device": str(device)})
    notes = archsim.simulate(attention(), chip).document["notes"]
    # a million pulses, four an image
    assert any("worn out after 250,000" in note for note in notes)


DEVICE = """schema = 1
[worn]
law = "constant_step"
title = "of a test"
source = "none"
place = "none"
confidence = "assumed"
parameters = {}
electrical = { endurance_pulses = 1e6 }
"""


def test_what_does_not_go_with_it_is_refused():
    with pytest.raises(InputError, match="no error goes back"):
        build_trace(attention(), phase="training", attention="arrays")
    trace = build_trace(attention())
    with pytest.raises(InputError, match="on the other side"):
        archsim.simulate(trace, load_architecture("cim40", ON_ARRAYS))
    with pytest.raises(InputError, match="real data pass none"):
        archsim.simulate(attention(), load_architecture("cim40", ON_ARRAYS), data="random")
    unused = archsim.simulate("lenet1", load_architecture("cim40", ON_ARRAYS)).document["unused"]
    assert "execution.attention" in unused


def test_fused_scores_are_no_map():
    plain = by_name(build_trace(load_network("vit_tiny")))
    fused = by_name(build_trace(load_network("vit_tiny"), attention="fused"))
    assert "block1_mix.forward" in plain and "block1_mix.forward" not in fused
    ahead, behind = plain["block1_scores.forward"], plain["block1_mix.forward"]
    joined = fused["block1_scores.forward"]
    assert joined.products == ahead.products + behind.products
    # queries, keys and values of 197 tokens come in, a sum of values goes out; 3 x 197 scores stay
    token = 192
    assert joined.steps * joined.input_elements == near(3 * 197 * token)
    assert joined.output_elements == behind.output_elements == token
    for action in joined.vector_work:
        both = ahead.vector_work.get(action, 0) + behind.vector_work.get(action, 0)
        assert joined.vector_work[action] == near(both)
    assert fused["block1_proj.forward"].after == ("block1_scores.forward",)
    assert ahead.map_elements - 2 * 197 * token == 3 * 197 * 197
