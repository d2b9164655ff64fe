"""Which clocks run, over what logic, for how many cycles?"""

import math

import pytest
from small_chips import quiet_chip, read, trace_of

import archsim
from archsim.chip.components import build_inventory
from archsim.trace.operation import Activity, Operation
from hwlib import find_part, load_figures, price
from hwlib.errors import InputError
from tests.near import near

GATED = {"clock.gating": "blocks"}
# four vectors with 64 additions each: with 16 lanes, 4 cycles a vector
WORK = {"vector_work": {"add": 64.0}}


def chip_with(name="cim40", **settings):
    return archsim.load_architecture(
        name, {key.replace("__", "."): value for key, value in settings.items()}
    )


def clocks(result):
    """Cycles of every clock of a run."""
    return {
        row["component"]: row["count"]
        for row in result.ledger
        if row["component"].endswith(("_clock", "clock_tree")) and row["layer"] == ""
    }


def areas(parts):
    """Clocked mm2 of each clock."""
    return {
        part.name: part.parameters["area_mm2"] for part in parts if "area_mm2" in part.parameters
    }


def logic_mm2(part, node_nm=40.0):
    return price(part.part, part.parameters, node_nm).area.value * part.count * 1e-6


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_a_block_is_clocked_while_it_works(engine):
    chip = quiet_chip(vector_unit__lanes=16, clock__gating="blocks")
    result = archsim.simulate(trace_of(read("a", 4, **WORK)), chip, engine=engine)
    busy = {row["name"]: row["busy_cycles"] for row in result.resources}
    # 64 additions, 8 scalings and no sums: 72 of 16 a cycle are 5 cycles a vector
    assert busy["vector_unit"] == 4 * 5 == clocks(result)["vector_unit_clock"]
    assert clocks(result)["clock_tree"] == result.cycles > 20


def test_the_clock_of_a_block_lies_over_its_logic():
    gated = build_inventory(chip_with(**{"clock__gating": "blocks"}), 4)
    lanes = next(part for part in gated if part.name == "vector_unit")
    assert areas(gated)["vector_unit_clock"] == near(logic_mm2(lanes))
    # nothing else outside the tiles is logic but the core, whose energy holds its clock: the least
    assert areas(gated)["clock_tree"] == 1e-4
    whole = build_inventory(chip_with(clock__gating="none"), 4)
    assert areas(whole)["clock_tree"] == near(logic_mm2(lanes))
    assert "vector_unit_clock" not in areas(whole)
    registers = [part for part in gated if part.part == "register"]
    in_a_tile = sum(map(logic_mm2, registers)) / 4
    assert areas(whole)["tile_clock"] == near(areas(gated)["tile_clock"] + in_a_tile)
    assert in_a_tile > 0.5 * areas(whole)["tile_clock"]


SEQUENCER = {
    "components__controller__part": "tile_control",
    "components__controller__parameters": {},
}


def test_a_core_whose_energy_holds_its_clock_is_not_charged_again():
    assert find_part("riscv_core").holds_clock
    plain = areas(build_inventory(chip_with(clock__gating="none"), 4))["clock_tree"]
    sequenced = chip_with(clock__gating="none", **SEQUENCER)
    core = next(p for p in build_inventory(sequenced, 4) if p.name == "controller")
    clocked = areas(build_inventory(sequenced, 4))["clock_tree"]
    assert clocked == near(plain + logic_mm2(core))


def test_a_controller_that_stops_has_a_clock_of_its_own():
    always = areas(build_inventory(chip_with(**SEQUENCER), 4))
    assert "controller_clock" not in always and always["clock_tree"] > 1e-4
    clocked = areas(build_inventory(chip_with(controller__always_on=False, **SEQUENCER), 4))
    assert clocked["controller_clock"] == near(always["clock_tree"])
    assert clocked["clock_tree"] == 1e-4


def test_a_part_may_stay_on_the_clock():
    stays = chip_with(clock__gating="blocks", components__vector_unit__gated=False)
    assert "vector_unit_clock" not in areas(build_inventory(stays, 4))
    alone = chip_with(clock__gating="none", components__vector_unit__gated=True)
    assert areas(build_inventory(alone, 4))["vector_unit_clock"] > 0


def test_a_part_of_a_tile_that_never_stops_is_on_the_clock_of_the_chip():
    plain = build_inventory(chip_with(), 4)
    stays = build_inventory(chip_with(components__tile_control__gated=False), 4)
    control = next(part for part in plain if part.name == "tile_control")
    moved = logic_mm2(control)
    assert areas(stays)["clock_tree"] == near(moved)
    assert areas(stays)["tile_clock"] == near(areas(plain)["tile_clock"] - moved / 4)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"components__adc__gated": True}, "hangs on no clock"),
        ({"components__buffer__gated": False}, "hangs on no clock"),
        ({"components__controller__gated": True}, "hangs on no clock"),
        (SEQUENCER | {"components__controller__gated": True}, "no block says when this part works"),
        (
            {"components__tile_control__gated": True, "tile__clock_gating": False},
            "stopped as one, and here never",
        ),
    ],
)
def test_a_word_that_could_not_act_is_refused(settings, says):
    with pytest.raises(InputError, match=says):
        build_inventory(chip_with(**settings), 4)


def test_the_clock_of_a_block_is_no_part_of_a_file():
    entry = {"part": "clock_tree", "per": "chip", "boundary": "chip", "area_only": True}
    with pytest.raises(InputError, match="made with the clock_tree of the chip"):
        build_inventory(
            archsim.load_architecture("cim40", {"components.vector_unit_clock": entry}), 4
        )


def test_a_chip_that_states_the_area_of_its_clock_has_one_clock():
    stated = chip_with(clock__gating="blocks", components__clock_tree__parameters__area_mm2=2.0)
    assert areas(build_inventory(stated, 4))["clock_tree"] == 2.0
    assert "vector_unit_clock" not in areas(build_inventory(stated, 4))
    both = {
        f"components__{tree}__parameters__area_mm2": 2.0 for tree in ("clock_tree", "tile_clock")
    }
    ungated = chip_with(clock__gating="none", **both)
    assert "clock.gating" not in archsim.simulate("lenet1", stated).unused  # it is the default
    assert "clock.gating" in archsim.simulate("lenet1", ungated).unused


def test_the_trunk_is_a_tree_that_reaches_every_gate():
    # 4 tiles and the vector unit; an H-tree to n leaves on a square takes 1.5 (sqrt(n) - 1) sides
    parameters = {"area_mm2": "=derived.clocked_area_mm2", "trunk_mm": "=derived.clock_trunk_mm"}
    chip = chip_with(clock__gating="blocks", components__clock_tree__parameters=parameters)
    parts = build_inventory(chip, 4)
    inside = [part for part in parts if part.boundary != "system"]
    side = math.sqrt(sum(map(logic_mm2, inside)))
    tree = next(part for part in parts if part.name == "clock_tree")
    assert tree.parameters["trunk_mm"] == near(1.5 * side * (math.sqrt(5) - 1))
    # a bit moved is half a transition, a cycle two of them
    wire = load_figures()["wire.energy"].value  # J a bit and m
    energies = [
        price("clock_tree", {"area_mm2": 1.0, "trunk_mm": length}).energy["cycle"].value
        for length in (2.0, 0.0)
    ]
    assert energies[0] - energies[1] == near(2.0e-3 * 4 * wire)
    whole = chip_with(clock__gating="none", components__clock_tree__parameters=parameters)
    tree = next(part for part in build_inventory(whole, 4) if part.name == "clock_tree")
    assert tree.parameters["trunk_mm"] == 0.0


def test_a_register_is_clocked_when_it_is_written():
    chip = quiet_chip()
    result = archsim.simulate(trace_of(read("a", 4)), chip)
    counts = {
        (row["component"], row["layer"]): row["count"]
        for row in result.ledger
        if row["component"].startswith("input_register") and row["action"] in ("write", "cycle")
    }
    # four vectors on one tile, and the register holds each of them through the 16 cycles of a read
    assert counts == {("input_register", "a"): 4, ("input_register_clock", "a"): 4}
    part = next(part for part in result.inventory if part["component"] == "input_register_clock")
    register = price("register", {"bits": 128 * 8}).area.value * 1e-6
    assert part["parameters"]["area_mm2"] == near(register)
    around = archsim.simulate(trace_of(read("a", 4)), quiet_chip(tile__clock_gating=False))
    assert "input_register_clock" not in around.by_component


def write(gating, verify_reads):
    """A chip that programs four rows of a layer, device by row, and its trace."""
    chip = quiet_chip(
        clock__gating=gating, write__pulse_cycles=100, write__verify_cycles=9, write__parallel="row"
    )
    activity = Activity(devices_written=1.0, write_pulses=3.0, verify_reads=verify_reads)
    operation = Operation("a.write", "a", "update", "write", 4, activity=activity)
    return chip, trace_of(operation, phase="training", scheme="sgd", rows=4)


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
@pytest.mark.parametrize(("verify_reads", "verify"), [(1.0, 9), (0.0, 0)])
def test_the_clock_stands_still_through_pulses(engine, verify_reads, verify):
    run = {}
    for gating in ("blocks", "waiting"):
        chip, trace = write(gating, verify_reads)
        run[gating] = archsim.simulate(trace, chip, scheme="sgd", engine=engine)
    assert run["blocks"].cycles == run["waiting"].cycles
    tile = {
        gating: sum(row["count"] for row in result.ledger if row["component"] == "tile_clock")
        for gating, result in run.items()
    }
    # the slowest device of a row sets how many pulses it takes: 100 cycles each, and one of them
    # clocked where the chip waits
    pulses = tile["blocks"] / (100 + verify)
    assert pulses >= 4 * 3
    assert tile["waiting"] == near(pulses * (1 + verify))
    assert clocks(run["blocks"])["clock_tree"] == run["blocks"].cycles
    busy = sum(row["busy_cycles"] for row in run["waiting"].resources if row["kind"] != "tile")
    assert clocks(run["waiting"])["clock_tree"] == near(busy + pulses * (1 + verify))
    assert run["waiting"].energy_j < run["blocks"].energy_j
