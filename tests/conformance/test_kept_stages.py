"""Is a stage of building a chip, taken from a chip before, the stage that this chip would make?"""

import pytest

from archsim.chip import load_architecture
from archsim.chip.built import build_chip
from archsim.chip.kept_parts import KeptParts, MadePart
from archsim.chip.kept_stages import BuildStage, KeptStages, afresh
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from hwlib.errors import InputError
from hwlib.pricing import forget_prices
from tests.conformance.tried_settings import FIELDS, others
from workloads.load import load_network


def made_of(trace, chip, rule, **how):
    """What a chip is built to, or why not."""
    try:
        built = build_chip(trace, chip, rule, **how)
    except InputError as error:
        return str(error)
    return built.placement, built.plans, built.counts, built.tile_operations, built.parts


@pytest.mark.parametrize("name, scheme", [("cim40", "sgd"), ("cores40", None)])
def test_no_setting_of_a_chip_is_overlooked(name, scheme):
    rule = load_scheme(scheme) if scheme else None
    trace = build_trace(load_network("lenet1"), rule, "training" if rule else "inference")
    kept = KeptStages()
    usual = load_architecture(name)
    before = made_of(trace, usual, rule, stages=kept)
    tried = 0
    for path in FIELDS:
        for value in others(path, usual):
            try:
                chip = load_architecture(name, {path: value})
            except InputError:
                continue
            tried += 1
            assert made_of(trace, chip, rule, stages=kept) == made_of(trace, chip, rule), path
    assert tried > 150
    assert made_of(trace, usual, rule, stages=kept) == before


class Counting:
    """A stage that counts how often it is made."""

    def __init__(self, law, rows=1):
        self.law = law
        self.times = 0
        self.stage = BuildStage(self.make, lambda made: rows)

    def make(self, chip, *given):
        self.times += 1
        return self.law(chip, *given)


def chips(*settings):
    return [load_architecture("cim40", setting) for setting in settings]


def test_a_stage_is_made_once_for_what_it_does_not_read():
    kept = KeptStages()
    rows = Counting(lambda chip: chip.tile.rows + chip.adcs_per_tile)
    for chip in chips({}, {"node_nm": 28.0}, {"clock_mhz": 10.0}, {"read.slot_cycles": 9}):
        assert kept(rows.stage, chip) == chip.tile.rows + chip.adcs_per_tile
    assert rows.times == 1
    # the number of converters follows from how many columns share one
    (shared,) = chips({"read.columns_per_adc": 4})
    assert kept(rows.stage, shared) == shared.tile.rows + shared.adcs_per_tile
    assert rows.times == 2


def test_a_choice_that_reads_other_settings_is_found_again():
    kept = KeptStages()
    either = Counting(
        lambda chip: chip.vector_unit.lanes if chip.tile.rows > 64 else chip.buffer.width_bits
    )
    low = {"tile.rows": 32}
    settings = [{}, low, {"vector_unit.lanes": 3}, low | {"buffer.width_bits": 512}, low, {}]
    values = [kept(either.stage, chip) for chip in chips(*settings)]
    usual, few = chips({}, low)
    assert values == [usual.vector_unit.lanes, few.buffer.width_bits, 3, 512, *values[1::-1]]
    assert either.times == 4


def test_numbers_of_another_type_are_other_settings():
    kept = KeptStages()
    words = Counting(lambda chip: repr(chip.node_nm))
    usual = load_architecture("cim40")
    assert [
        kept(words.stage, usual.model_copy(update={"node_nm": node})) for node in (40, 40.0)
    ] == ["40", "40.0"]


def test_what_takes_a_group_as_one_is_never_kept():
    kept = KeptStages()
    copied = Counting(lambda chip: chip.tile.model_copy(update={"rows": 8}).columns)
    for chip in chips({}, {}):
        assert kept(copied.stage, chip) == chip.tile.columns
    assert copied.times == 2


def test_what_is_given_and_other_figures_make_it_anew():
    kept = KeptStages()
    law = Counting(lambda chip, given: given)
    (chip,) = chips({})
    first, second = object(), object()
    assert [kept(law.stage, chip, one) for one in (first, second, first)] == [first, second, first]
    assert law.times == 2
    forget_prices()
    kept(law.stage, chip, first)
    assert law.times == 3


def test_a_setting_that_is_read_later_is_refused():
    (chip,) = chips({})
    late = Counting(lambda chip: lambda: chip.tile.rows)
    with pytest.raises(RuntimeError, match="after the stage"):
        KeptStages()(late.stage, chip)()


def test_no_more_is_kept_than_there_is_room_for():
    kept = KeptStages(most=3000)
    rows = Counting(lambda chip: chip.tile.rows, rows=900)
    for size in [*range(1, 50), 49, 48, 1]:
        chip = load_architecture("cim40", {"tile.rows": size})
        assert kept(rows.stage, chip) == size
        assert kept.rows <= 3000
    assert rows.times == 50


def parts_on(chip, kept):
    trace = build_trace(load_network("lenet1"), None, "inference")
    return {part.name: part for part in build_chip(trace, chip, stages=kept).parts}


def test_a_part_is_shared_by_chips_on_which_it_is_the_same():
    kept = KeptStages()
    entries = load_architecture("cim40").components
    # of one file, whose entries a sweep shares
    usual, slow, tall = (
        chip.model_copy(update={"components": entries}).read_from("cim40")
        for chip in chips({}, {"clock_mhz": 10.0}, {"tile.rows": 32})
    )
    parts = [parts_on(chip, kept) for chip in (usual, slow, tall)]
    # a converter follows the clock and a row register does not; both lie in tiles of another size
    assert parts[1]["input_register"] is parts[0]["input_register"]
    assert parts[1]["adc"] == parts_on(slow, afresh)["adc"]
    assert parts[2]["array"] == parts_on(tall, afresh)["array"] != parts[0]["array"]


def test_parts_are_kept_by_the_types_of_what_they_follow():
    kept = KeptStages()
    (chip,) = chips({})
    entry = chip.components["input_register"]
    keys = [
        kept.parts.find("input_register", 0, entry, chip, {"input_register_bits": bits, "cores": 1})
        for bits in (64, 64.0)
    ]
    assert keys[0] != keys[1]
    around = [kept.parts.around(node, {}) for node in (40.0, 28.0, 40.0)]
    assert around[0] == around[2] != around[1]
    # of continuous nodes no number is given twice, however many are forgotten
    numbers = {kept.parts.around(30.0 + number / 1000, {}) for number in range(5000)}
    assert len(numbers) == 5000 and not numbers & set(around)


def test_no_more_parts_are_kept_than_there_is_room_for():
    kept = KeptParts(most=20)
    (chip,) = chips({})
    entry = chip.components["adc"]
    for number in range(50):
        kept.keep(number, MadePart("adc", entry, {}, 1.0))
    assert [kept.get(number) is None for number in (0, 29, 30, 49)] == [True, True, False, False]
    kept.keep(None, MadePart("adc", entry, {}, 1.0))
    assert kept.get(None) is None
    made = MadePart("adc", entry, {}, 1.0)
    assert [made.times(count).count for count in range(100)] == list(range(100))
    assert len(made.components) <= 64
