"""Is a block one file: settings, resources, law of cycles and counts, taken up everywhere by one line
in `archsim.chip.blocks.NAMES`?
"""

import re
from pathlib import Path

import pytest
from small_chips import QUIET, READ, quiet_chip, read, run, trace_of

import archsim
from archsim.chip import blocks as house
from archsim.chip import load_architecture
from archsim.chip.blocks import blocks, by_kind, down, up
from archsim.chip.config import Architecture
from archsim.chip.roles import OPTIONAL, ROLES
from archsim.chip.unused import CONDITIONS
from archsim.trace.operation import KINDS, OFF_TILES
from docs.from_code.field_texts import texts_under_fields
from hwlib.errors import InputError
from tests.near import near

ROOT = Path(archsim.__file__).parent
each = pytest.mark.parametrize("block", blocks(), ids=lambda block: block.name)


@each
def test_the_settings_of_a_block_are_a_section_of_a_chip(block):
    section = Architecture.model_fields[block.name]
    assert section.annotation is block.section or issubclass(block.section, section.annotation)
    assert section.default == block.section()  # a chip need not name it
    assert set(block.section.model_fields) <= set(texts_under_fields(block.section))
    assert block.settings(load_architecture("cim40")) is not None


@each
def test_a_setting_acts_or_says_when(block):
    assert set(block.acts) <= set(block.section.model_fields)
    for field, acts in block.acts.items():
        assert CONDITIONS[f"{block.name}.{field}"] is acts and acts.otherwise


@each
def test_what_a_block_counts_has_a_role(block):
    assert set(block.roles) <= set(ROLES)
    assert block.without <= set(block.roles) and block.without <= OPTIONAL


def test_every_file_of_a_block_is_in_the_table():
    files = {
        path.stem
        for path in Path(house.__file__).parent.glob("*.py")
        if re.search(r"^BLOCK = ", path.read_text(), re.MULTILINE)
    }
    assert files == set(house.NAMES)


def test_every_kind_of_tile_work_has_one_law():
    assert set(by_kind()) == set(KINDS) - set(OFF_TILES)
    assert sum(len(block.kinds) for block in blocks()) == len(by_kind())


def test_no_two_blocks_share_a_station_or_a_name():
    chip = load_architecture("cim40", {"lookup_unit.lanes": 1, "bitstream.sharing": "chip"})
    trace = trace_of(read("a", 1))
    assert len({block.down for block in down()}) == len(down())
    assert len({block.up for block in up()}) == len(up())
    names = [server.name for block in blocks() for server in block.servers(chip, trace)]
    assert len(set(names)) == len(names) >= 8
    assert up()[0].name == "interconnect"  # behind whose wires all others lie


def test_the_lookup_unit_is_named_in_its_file_and_in_one_line():
    naming = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if "lookup_unit" in path.read_text()
    }
    assert naming == {"chip/blocks/lookup_unit.py", "chip/blocks/__init__.py"}
    source = Path(house.__file__).read_text()
    assert sum('"lookup_unit",' in line for line in source.splitlines()) == 1


# A read takes 16 cycles; its 8 codes are scaled by the vector unit in one more cycle.
TABLES = {"lookup_unit__lanes": 1}


def ends(machine):
    return {span.layer: span.end for span in machine.spans}


def looked_up(name, lookups, **fields):
    return read(name, fields.pop("steps", 1), vector_work={"lookup": lookups}, **fields)


def test_a_table_gives_a_value_a_cycle():
    # 5 values in 5 cycles; the vector unit scales codes beside it
    machine, _ = run(trace_of(looked_up("a", 5)), quiet_chip(**TABLES))
    assert ends(machine) == {"a": READ + 5}
    # two lanes: 5 values in 3 cycles; four cycles a value: 5 x 4 / 2 = 10
    machine, _ = run(trace_of(looked_up("a", 5)), quiet_chip(lookup_unit__lanes=2))
    assert ends(machine) == {"a": READ + 3}
    slow = quiet_chip(lookup_unit__lanes=2, lookup_unit__lookup_cycles=4)
    machine, _ = run(trace_of(looked_up("a", 5)), slow)
    assert ends(machine) == {"a": READ + 10}


def test_tables_of_its_own_relieve_the_vector_unit():
    # one lane scales 8 codes and reads 5 values: 13 cycles; with tables beside it, 8 while they give 5
    machine, _ = run(trace_of(looked_up("a", 5)), quiet_chip(vector_unit__lanes=1))
    assert ends(machine) == {"a": READ + 13}
    machine, _ = run(trace_of(looked_up("a", 5)), quiet_chip(vector_unit__lanes=1, **TABLES))
    assert ends(machine) == {"a": READ + 8}


def test_two_layers_take_turns_at_the_tables():
    # both results are there after 16 cycles: a reads its 5 values first, b its 7 after them
    machine, _ = run(trace_of(looked_up("a", 5), looked_up("b", 7)), quiet_chip(**TABLES))
    assert ends(machine) == {"a": READ + 5, "b": READ + 5 + 7}
    # b's codes follow a's over the wires, a cycle later: of a's 5 cycles it waits for 4
    server = machine.wiring.up["lookup_unit"]
    assert (server.busy, server.requests, server.waited) == (12, 2, 4)
    # a layer that looks nothing up passes by
    machine, _ = run(trace_of(looked_up("a", 5), read("b", 1)), quiet_chip(**TABLES))
    assert ends(machine) == {"a": READ + 5, "b": READ + 1 + 1}


def test_slow_tables_set_the_pace_of_a_pipeline():
    # 10 steps of 40 values: the first is there after a read, then the tables are never idle
    machine, _ = run(trace_of(looked_up("a", 40, steps=10)), quiet_chip(**TABLES))
    assert ends(machine) == {"a": READ + 10 * 40}


PRICED = {
    "components.lookup_unit.part": "isaac_sigmoid",
    "components.lookup_unit.per": "lookup_lane",
    "components.lookup_unit.boundary": "chip",
}


def test_lookups_are_priced_where_they_are_done():
    def lookups(result):
        return [
            (row["component"], row["count"]) for row in result.ledger if row["action"] == "lookup"
        ]

    plain = archsim.simulate("lenet1", load_architecture("wu2023", PRICED))
    other = archsim.simulate(
        "lenet1", load_architecture("wu2023", PRICED | {"lookup_unit.lanes": 2})
    )
    assert lookups(plain) == [("vector_unit", 10)] and lookups(other) == [("lookup_unit", 10)]
    # area and contention come from one setting: two lanes are two parts
    assert plain.by_component["lookup_unit"]["count"] == 0
    assert other.by_component["lookup_unit"]["count"] == 2
    four = archsim.simulate(
        "lenet1", load_architecture("wu2023", PRICED | {"lookup_unit.lanes": 4})
    )
    area = [one.by_component["lookup_unit"]["area_mm2"] for one in (other, four)]
    assert area[1] == near(2 * area[0]) and area[0] > 0
    row = next(row for row in other.resources if row["name"] == "lookup_unit")
    assert row["busy_cycles"] == 5 and row["requests"] == 1  # 10 values in two lanes
    assert other.by_component["lookup_unit"]["busy_fraction"] == near(5 / other.cycles)


def test_tables_without_a_price_are_refused():
    with pytest.raises(InputError, match="the chip has no lookup_unit, which this run uses"):
        archsim.simulate("lenet1", load_architecture("wu2023", {"lookup_unit.lanes": 2}))


def test_a_chip_without_tables_is_the_one_it_was():
    assert not any(name.startswith("lookup_unit") for name in QUIET)
    result = archsim.simulate("lenet1", "wu2023")
    assert not any("lookup_unit" in str(row) for row in (*result.resources, *result.ledger))
    assert "lookup_unit" not in result.by_component


def test_settings_of_absent_tables_are_noted():
    slow = load_architecture("wu2023", {"lookup_unit.lookup_cycles": 3})
    assert "lookup_unit.lookup_cycles" in archsim.simulate("lenet1", slow).document["unused"]
    idle = load_architecture("wu2023", {"lookup_unit.lanes": 2})
    nothing = trace_of(read("a", 2, input_elements=8))
    assert "lookup_unit.lanes" in archsim.simulate(nothing, idle).document["unused"]
