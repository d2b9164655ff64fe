"""What does it cost to read so many rows of a tile at a time?"""

import pytest

import archsim
from archsim.chip.plan.row_groups import (
    DrivenTile,
    groups_of,
    groups_of_layer,
    needed_bits,
    sum_bits,
)
from hwlib.errors import InputError
from workloads.network import Layer, Network

CHIP = {"read.overlap": False, "read.accumulate": "digital", "interconnect.hop_cycles": 0}


def one_layer(rows, columns=4):
    inputs = Layer("input", "input", (), (), (rows,))
    return Network("one", (inputs, Layer("fc", "linear", ("input",), ((rows,),), (columns,))))


def counts(result):
    table = {}
    for row in result.ledger:
        key = f"{row['component']}.{row['action']}"
        table[key] = table.get(key, 0) + row["count"]
    return table


def run(rows, settings, **options):
    chip = archsim.load_architecture("cim40", CHIP | settings)
    return archsim.simulate(one_layer(rows), chip, **options)


def test_a_group_never_takes_a_part_of_two_blocks():
    assert groups_of(DrivenTile(100), 32) == 4
    assert groups_of(DrivenTile(100, blocks=2), 32) == 8
    # three blocks of ten rows fit among 32, so seven of them take three groups
    assert groups_of(DrivenTile(10, blocks=7), 32) == 3
    # 300 rows on tiles of 128: 4 + 4 + 2 groups of 32
    assert groups_of_layer([DrivenTile(128), DrivenTile(128), DrivenTile(44)], 32) == (
        4,
        10 / 3,
        10 / 3,
    )


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_each_group_is_sampled_converted_and_added(engine):
    # 300 rows: three tiles of 128 x 128, read in 4 + 4 + 2 groups of 32 rows, 8 slots each; every
    # column is converted, 8 of them a converter
    whole, grouped = run(300, {}, engine=engine), run(300, {"read.rows_active": 32}, engine=engine)
    before, after = counts(whole), counts(grouped)
    assert before["adc.convert"] == 3 * 128 * 8
    assert after["adc.convert"] == after["column_mux.select"] == (4 + 4 + 2) * 128 * 8
    assert after["front_end.sample"] == (4 + 4 + 2) * 128 * 8
    # each conversion is added to those before it; a weight's two columns are subtracted
    assert after["shift_add.add"] == after["adc.convert"] + 3 * 4
    # a row is driven once, whatever its group, and a cell conducts as long
    for same in ("dac.convert", "word_line_driver.drive", "array.read"):
        assert after[same] == before[same]
    # a slot of one cycle and 8 conversions of one cycle: 9 cycles a slot and group, of the fullest tile
    assert grouped.cycles - whole.cycles == (4 - 1) * 8 * (1 + 8)


def test_the_front_end_keeps_the_groups_for_one_conversion():
    analog = {"read.accumulate": "analog"}
    whole, grouped = run(300, analog), run(300, analog | {"read.rows_active": 32})
    before, after = counts(whole), counts(grouped)
    assert after["adc.convert"] == before["adc.convert"] == 3 * 128
    assert after["front_end.sample"] == (4 + 4 + 2) * 128 * 8
    assert grouped.cycles - whole.cycles == (4 - 1) * 8
    assert grouped.area_mm2 == whole.area_mm2


def test_only_columns_in_use_are_converted_where_the_chip_may():
    after = counts(run(300, {"read.all_groups": False, "read.rows_active": 32}))
    assert after["adc.convert"] == (4 + 4 + 2) * (4 * 2) * 8  # four weights of two columns


def test_a_backward_read_drives_its_columns_in_groups():
    # rpu: pulse-width inputs; a layer of 6 weights, each in one column, read back 2 columns at a time
    chip = {
        "tile.rows": 16,
        "tile.columns": 16,
        "read.columns_per_adc": 16,
        "read.accumulate": "digital",
    }
    whole, grouped = (
        archsim.simulate(
            one_layer(16, 6),
            archsim.load_architecture("rpu", chip | active),
            "rpu",
            phase="training",
            timing=False,
        )
        for active in ({}, {"read.rows_active": 4})
    )

    def conversions(result, phase):
        return sum(
            row["count"]
            for row in result.ledger
            if (row["component"], row["action"], row["phase"]) == ("adc", "convert", phase)
        )

    each = archsim.load_architecture("rpu", chip).weights.columns_of("fc")
    assert conversions(grouped, "forward") == 4 * conversions(whole, "forward")
    assert conversions(grouped, "backward") == -(-6 // (4 // each)) * conversions(whole, "backward")


def test_sums_grow_by_a_bit_for_every_doubling_of_the_groups():
    def bits(**settings):
        chip = {name.replace("__", "."): value for name, value in settings.items()}
        return sum_bits(archsim.load_architecture("cim40", CHIP | chip))

    # 8 bits of a code, 8 slots of 1 bit: 8 + 7 + 1
    assert bits() == 16
    assert bits(read__rows_active=64) == 17
    assert bits(read__rows_active=1) == 16 + 7
    assert bits(read__rows_active=1, read__accumulate="analog") == 8


def test_the_bits_that_tell_all_sums_apart():
    # nine rows of one-bit cells and inputs: sums of 0 to 9
    chip = {
        "weights.mapping": "bit_slices",
        "weights.cell_bits": 1,
        "read.accumulate": "digital",
        "read.rows_active": 9,
    }
    assert needed_bits(archsim.load_architecture("cim40", chip), 128) == 4
    # all 128 rows at once, inputs of 8 bits kept by the front end: 128 x 255
    kept = archsim.load_architecture("cim40", chip | {"read.accumulate": "analog"})
    assert needed_bits(kept, 128) == 15
    # a pair of cells of 8 bits with a sign: 7 bits a column; 2-bit slots: 4 rows x 127 x 3 = 1524
    pair = {"read.accumulate": "digital", "read.rows_active": 4, "read.bits_per_slot": 2}
    assert needed_bits(archsim.load_architecture("cim40", pair), 128) == 11


def note_of(settings):
    notes = run(128, settings | {"read.rows_active": 9}, timing=False).document["notes"]
    return [note for note in notes if "tell all sums apart" in note]


def test_a_converter_with_other_bits_than_its_sums_need_is_noted():
    ones = {"weights.mapping": "bit_slices", "weights.cell_bits": 1}
    assert note_of(ones | {"read.adc_bits": 4}) == []
    assert "needs 4 bits, read.adc_bits=3 is 1 fewer" in note_of(ones | {"read.adc_bits": 3})[0]
    assert "needs 4 bits, read.adc_bits=6 is 2 more" in note_of(ones | {"read.adc_bits": 6})[0]


def test_all_rows_at_a_time_are_noted_too():
    notes = run(128, {}, timing=False).document["notes"]
    # 128 rows x 127 levels of a pair's column x one bit of an input: 16,256
    assert any(
        "one conversion sums 128 rows: to tell all sums apart it needs 14 bits" in note
        for note in notes
    )


def test_more_rows_than_a_tile_has_are_refused():
    with pytest.raises(InputError, match=r"read.rows_active \(129\) exceeds tile.rows \(128\)"):
        archsim.load_architecture("cim40", {"read.rows_active": 129})
    with pytest.raises(InputError):
        archsim.load_architecture("cim40", {"read.rows_active": 0})


def test_rows_that_no_layer_has_are_said_to_be_unused():
    result = run(20, {"read.accumulate": "analog", "read.rows_active": 32}, timing=False)
    assert "read.rows_active" in result.document["unused"]
