"""What is on a chip whose arrays lend periphery to each other, and what is counted?"""

import math
from dataclasses import replace

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.cost.explain import explain
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.trace import build_trace, save_trace
from hwlib.errors import InputError
from tests.near import near
from tests.timing.lent_arrays import FAST
from workloads import load_network


def test_what_is_on_the_chip_is_what_the_arrays_own():
    zero_shift = {
        "adc": 2,
        "dac": 2,
        "tile_clock": 2,
        "write_driver": 2,
        "column_mux": 2,
        "bitstream_generator": 2,
    }
    tiki_taka = zero_shift | {"adc": 4, "dac": 4, "write_driver": 4, "bitstream_generator": 4}
    for scheme, tiles in (("rpu", {}), ("zero_shift", zero_shift), ("tiki_taka", tiki_taka)):
        result = archsim.simulate("digits_cnn", "rpu_512", scheme=scheme, phase="training")
        each = {
            role: entry["count"]
            for role, entry in archsim.simulate(
                "digits_cnn", "rpu_512", scheme="rpu", phase="training"
            ).by_component.items()
        }
        for role, lacking in tiles.items():
            assert result.tiles_without[role] == lacking
            assert result.by_component[role]["count"] == each[role] // 2 * (
                result.tiles - lacking
            ), (scheme, role)
        for role in ("array", "word_line_driver", "bit_line_driver", "level_shifter"):
            assert result.by_component[role]["count"] == each[role] // 2 * result.tiles
        assert math.fsum(row["area_mm2"] for row in result.by_component.values()) == near(
            result.area_mm2, rel=1e-12
        )
        trail = explain(result, "area_mm2")
        assert math.fsum(child.value for child in trail.children) == near(
            result.area_mm2, rel=1e-12
        )
        # the chip was built anew
        assert not any("clocked area are those" in note for note in result.reprice(28.0).notes)


def test_own_converters_of_the_fast_array_cost_area():
    areas = [
        archsim.simulate(
            "digits_cnn",
            "rpu_512",
            scheme=load_scheme("tiki_taka", {"fast_converters": kind}),
            phase="training",
        )
        for kind in ("shared", "own")
    ]
    assert areas[0].area_mm2 < areas[1].area_mm2 and areas[0].tiles == areas[1].tiles
    assert areas[1].by_component["adc"]["count"] == 2 * areas[0].by_component["adc"]["count"]


def test_a_chip_with_a_stated_number_of_tiles_has_everything_everywhere():
    result = archsim.simulate(
        "digits_cnn",
        load_architecture("rpu_512", {"tile.count": 8}),
        scheme="tiki_taka",
        phase="training",
    )
    assert result.tiles_without == {} and result.by_component["adc"]["count"] == 8 * 64
    assert all(row["lender"] is None for row in result.placement)


def test_packed_arrays_leave_out_only_what_no_array_on_the_tile_has():
    result = archsim.simulate(
        "digits_cnn",
        load_architecture("rpu_512", {"placement.pack": True}),
        scheme="tiki_taka",
        phase="training",
    )
    # the cycles of the one tile added up, or this had raised
    assert result.tiles == 1 and result.tiles_without == {}


def test_lenders_survive_the_trace_file_and_are_checked(tmp_path):
    trace = build_trace(load_network("digits_cnn"), load_scheme("tiki_taka"), "training")
    assert load_trace(save_trace(trace, tmp_path / "trace.json")) == trace
    one = replace(FAST, layer="conv1.fast", lender="conv1")
    for wrong, message in (
        (replace(one, lender="conv9"), "conv9"),
        (replace(one, lender=None), "no matrix"),
        (replace(one, borrowed=("engine",)), "engine"),
        (replace(one, lender="conv1.fast"), "from one another"),
    ):
        broken = replace(
            trace, matrices=tuple(wrong if m.layer == "conv1.fast" else m for m in trace.matrices)
        )
        with pytest.raises(InputError, match=message):
            load_trace(save_trace(broken, tmp_path / "broken.json"))
