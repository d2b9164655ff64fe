"""Which part is too slow for the clock, and what clock does it allow?"""

import archsim
from archsim.chip.blocks import blocks
from archsim.chip.timing_closure import cycles_for, is_closure_note
from hwlib import load_figures
from tests.members import every
from tests.near import near


def closure(chip, **words):
    """The notes on the clock of a run of LeNet-1 without events."""
    result = archsim.simulate("lenet1", chip, timing=False, **words)
    return [note for note in result.notes if is_closure_note(note)]


def chip_with(name="cim40", **settings):
    return archsim.load_architecture(
        name, {key.replace("__", "."): value for key, value in settings.items()}
    )


def test_the_default_chip_keeps_pace_in_an_inference():
    assert closure("cim40") == []


def test_an_int16_multiply_add_misses_200_mhz_by_one_percent():
    # multiplier of 16 bits, then the adder of 36 bits: 1404.7 ps and 998.94 ps x 36/32, in a
    # library 2.0 times slower than that of the syntheses
    delay_ns = 2.0 * (1404.7 + 998.94 * 36 / 32) * 1e-3
    assert 5.0 < delay_ns < 5.06
    (note,) = closure("cim40", scheme="mixed_precision", phase="training", batch=2)
    assert "vector_unit.multiply_add (part vector_lane, a cycle)" in note
    assert f"allows {1e3 / delay_ns:.1f} MHz" in note


def test_two_gigahertz_in_low_power_logic_is_not_silent():
    (note,) = closure(chip_with(clock_mhz=2000.0))
    # 2.0 x 1404.7 ps
    assert note.startswith("clock_mhz=2000 is faster than its parts: vector_unit.multiply ")
    assert f"{1e6 / (2.0 * 1404.7):.1f} MHz" in note
    assert "buffer.read" in note


def test_a_slower_clock_and_more_cycles_close_it():
    assert closure(chip_with(clock_mhz=100.0)) == []
    divided = chip_with(clock_mhz=900.0)
    named = " ".join(closure(divided, scheme="mixed_precision", phase="training", batch=2))
    assert "vector_unit" in named
    # 16 bits of recurrence, each a 16-bit addition of 2.0 x 622.21 ps, in 16 cycles: 804 MHz
    assert cycles_for("vector_unit", "divide", divided) == 16
    assert cycles_for("vector_unit", "divide", chip_with(vector_unit__divide_cycles=40)) == 40


def test_a_slot_that_a_part_states_itself_is_held_against_the_clock():
    slow = chip_with(components__front_end__parameters__slot_ns=20.0)
    (note,) = closure(slow)
    assert "front_end.sample (part integrator, a cycle) allows 50 MHz (50 to 50)" in note
    assert (
        closure(chip_with(components__front_end__parameters__slot_ns=20.0, read__slot_cycles=4))
        == []
    )


@every(
    "role, action, settings, cycles",
    [
        ("adc", "convert", {"read__conversion_cycles": 3}, 3),
        ("shift_add", "add", {"read__conversion_cycles": 3}, 3),
        ("array", "read", {"read__slot_cycles": 5}, 5),
        ("array", "write", {"write__pulse_cycles": 7}, 7),
        ("array", "update", {"update__pulse_cycles": 9}, 9),
        ("write_driver", "pulse", {"write__pulse_cycles": 7}, 7),
        ("bitstream_generator", "bit", {"update__pulse_cycles": 9}, 9),
        (
            "bitstream_generator",
            "bit",
            {"update__pulse_cycles": 9, "bitstream__sharing": "chip"},
            1,
        ),
        ("interconnect", "transfer", {"interconnect__hop_cycles": 2}, 2),
        ("interconnect", "transfer", {"interconnect__hop_cycles": 0}, 1),
        ("lookup_unit", "lookup", {"lookup_unit__lookup_cycles": 6}, 6),
        ("off_chip_memory", "read", {}, None),
    ],
)
def test_the_settings_of_a_block_say_what_time_its_parts_have(role, action, settings, cycles):
    assert cycles_for(role, action, chip_with(**settings)) == cycles


def test_a_follower_has_the_time_of_what_it_follows():
    chip = archsim.load_architecture("isaac32")
    assert cycles_for("router", "transfer", chip) == cycles_for("interconnect", "transfer", chip)


def test_every_role_has_a_time():
    chip = archsim.load_architecture("cim40")
    for block in blocks():
        for role in block.roles:
            given = block.cycles_for(role, "read", chip)
            assert given is None or given >= 1


def test_the_band_is_that_of_the_delay():
    ratio = load_figures()["delay.ratio_nangate45"]
    (note,) = closure("cim40", scheme="mixed_precision", phase="training", batch=2)
    low, high = note.split("(")[-1].rstrip(")").split(" to ")
    # paths +-10 %, the library between 1 and 4 times slower
    assert float(low) == near(197.7 * ratio.value / ratio.high / 1.1, rel=0.01)
    assert float(high) == near(197.7 * ratio.value / ratio.low / 0.9, rel=0.01)


def test_another_node_moves_what_the_clock_allows():
    words = {"scheme": "mixed_precision", "phase": "training", "batch": 2, "timing": False}
    run = archsim.simulate("lenet1", "cim40", **words)
    faster = run.reprice(28)
    assert not any(map(is_closure_note, faster.notes))
    slower = run.reprice(90)
    (note,) = [line for line in slower.notes if is_closure_note(line)]
    assert "vector_unit.multiply_add" in note and "197.7" not in note
