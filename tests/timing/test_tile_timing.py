"""The tile's arithmetic against an event model of its sampling and conversion, and against cases
worked by hand.
"""

import itertools
from types import SimpleNamespace

import simpy

from archsim.chip import load_architecture
from archsim.chip.plan.tile_timing import (
    TileTiming,
    pulse_update_cycles,
    read_timing,
    write_row_cycles,
)
from tests.members import every

READS = 6


def tile(*, front_end, accumulate, overlap, slots, slot, conversion, per_adc, rows, columns=16):
    read = SimpleNamespace(
        front_end=front_end,
        accumulate=accumulate,
        overlap=overlap,
        slots=slots,
        slot_cycles=slot,
        conversion_cycles=conversion,
        all_groups=True,
        rows_active=rows,
    )
    return SimpleNamespace(
        tile=SimpleNamespace(rows=columns, columns=columns),
        read=read,
        adcs_per_tile=-(-columns // per_adc),
        per_adc=per_adc,
    )


def ends_of_reads(chip):
    """When each of several reads that follow at once is done: the array drives slots, the ADC takes
    what it holds.
    """
    env = simpy.Environment()
    read = chip.read
    turns = chip.per_adc
    array = simpy.Resource(env, 1)
    adc = simpy.Resource(env, 1)
    ends = []

    def convert(holding, conversions):
        yield env.timeout(conversions * read.conversion_cycles)
        adc.release(holding)

    def sample_and_convert(slots, conversions):
        with array.request() as driven:
            yield driven
            yield env.timeout(slots * read.slot_cycles)
            holding = adc.request()
            yield holding
            conversion = env.process(convert(holding, conversions))
            if not read.overlap:
                yield conversion
        return conversion

    def reads():
        for _ in range(READS):
            applications = turns if read.front_end == "shared" else 1
            steps = read.slots * (
                1 if read.rows_active == "all" else -(-chip.tile.rows // read.rows_active)
            )
            for _ in range(applications):
                for slots in [1] * steps if read.accumulate == "digital" else [steps]:
                    last = yield from sample_and_convert(
                        slots, 1 if read.front_end == "shared" else turns
                    )
            last.callbacks.append(lambda _: ends.append(env.now)) if last.is_alive else ends.append(
                env.now
            )

    env.process(reads())
    env.run()
    return ends


@every("front_end", ["per_column", "shared"])
@every("accumulate", ["analog", "digital"])
@every("overlap", [False, True])
@every("slots", [8, 3, 1])  # bit serial with 1 and 3 bits a slot, and pulse width
@every("rows", ["all", 16, 5])
def test_interval_and_latency_are_those_of_the_event_model(
    front_end, accumulate, overlap, slots, rows
):
    for slot, conversion, per_adc in itertools.product((1, 3, 16), (1, 2, 5), (1, 8, 16)):
        chip = tile(
            front_end=front_end,
            accumulate=accumulate,
            overlap=overlap,
            slots=slots,
            slot=slot,
            conversion=conversion,
            per_adc=per_adc,
            rows=rows,
        )
        timing = read_timing(chip, 16)
        ends = ends_of_reads(chip)
        assert timing.latency == ends[0], (slot, conversion, per_adc)
        assert timing.interval == ends[-1] - ends[-2] == ends[-2] - ends[-3], (
            slot,
            conversion,
            per_adc,
        )


def test_published_tiles():
    # Wu 2023: 8 groups x (8 slots + 1 conversion); ISAAC: 100 ns a slot at 128 conversions, one
    # read is 16 slots
    wu = read_timing(load_architecture("wu2023"), 64)
    assert (wu.latency, wu.interval, wu.conversions_in_turn) == (72, 72, 8)
    isaac = read_timing(load_architecture("isaac32"), 128)
    assert (isaac.interval, isaac.latency) == (16 * 128, 16 * 128 + 128)
    # one integration of 80 ns beside 16 conversions of 5 ns
    rpu = load_architecture("rpu")
    assert read_timing(rpu, 4096).interval * 1e3 / rpu.clock_mhz == 80


def test_unused_columns_are_left_out_where_the_chip_may():
    settings = {"read.all_groups": False, "read.overlap": False}
    chip = load_architecture("cim40", settings)
    # 16 ADCs share 128 columns
    assert [read_timing(chip, used).conversions_in_turn for used in (1, 16, 17, 128)] == [
        1,
        1,
        2,
        8,
    ]
    assert [read_timing(chip, used).interval for used in (1, 16, 17, 128)] == [9, 9, 10, 16]


def test_an_array_read_backwards_converts_its_rows_with_the_same_converters():
    chip = load_architecture("cim40", {"tile.rows": 256, "read.overlap": False})
    assert read_timing(chip, 128).conversions_in_turn == 8
    assert read_timing(chip, 256, transposed=True).conversions_in_turn == 16


def test_updates_and_writes():
    chip = load_architecture(
        "cim40",
        {
            "update.train_length": 10,
            "update.polarity_phases": 2,
            "update.pulse_cycles": 3,
            "write.pulse_cycles": 10,
            "write.verify_cycles": 2,
        },
    )
    assert pulse_update_cycles(chip, 10) == 60
    assert pulse_update_cycles(chip, 10, phases=4) == 4 * 60 // chip.update.polarity_phases
    assert pulse_update_cycles(chip, 1.5) == 9
    assert write_row_cycles(chip, 128, 4) == 4 * 12
    assert write_row_cycles(chip, 0.25, 4) == 0.25 * 4 * 12
    one_by_one = load_architecture(
        "cim40", {"write.parallel": "device", "write.pulse_cycles": 10, "write.verify_cycles": 2}
    )
    assert write_row_cycles(one_by_one, 128, 4) == 128 * 4 * 12


def test_results_under_way_are_those_of_the_reads_that_began_behind_one():
    # a read of 7 cycles, another one each cycle: when one ends six have begun; of 2 cycles, one
    assert TileTiming(7, 1, 1).under_way == 6
    assert TileTiming(2, 1, 1).under_way == 1
    # every 5 cycles: one has begun, and none where a read begins when the one before is over
    assert TileTiming(7, 5, 1).under_way == TileTiming(10, 5, 1).under_way == 1
    assert TileTiming(5, 5, 1).under_way == 0
    # what is done outside the tiles
    assert TileTiming(0, 0, 0).under_way == 0
