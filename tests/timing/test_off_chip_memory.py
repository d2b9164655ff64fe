"""Do bursts, channels and refresh of the off-chip memory take the cycles and bits that a person counts?"""

from small_chips import quiet_chip, read, run, trace_of

import archsim
from archsim.chip import load_architecture
from archsim.chip.blocks.off_chip import OffChipSettings
from archsim.chip.built import build_chip
from tests.near import near


def test_requests_are_whole_bursts():
    plain = OffChipSettings(bits_per_cycle=32)
    bursts = OffChipSettings(burst_bits=256)
    assert [plain.moved(bits) for bits in (0, 1, 100.5)] == [0, 1, 100.5]
    assert [bursts.moved(bits) for bits in (0, 1, 256, 257)] == [0, 256, 256, 512]
    assert [plain.cycles(bits) for bits in (0, 1, 32, 33)] == [0, 1, 1, 2]
    assert [bursts.cycles(bits) for bits in (0, 1, 257)] == [0, 8, 16]
    # of ten cycles one is a refresh: 9 cycles of transfers take 10
    assert OffChipSettings(bits_per_cycle=32, refresh_share=0.1).cycles(9 * 32) == 10


def spilled(**settings):
    """cim40 whose buffer holds nothing to speak of, so that each vector comes from outside."""
    return quiet_chip(buffer__capacity_kib=0.0625, off_chip__bits_per_cycle=8, **settings)


def fed(name):
    """A vector of 512 values of 8 bits, of a map that is 8 times what the buffer's 512 bits hold."""
    return read(name, 1, input_elements=512, map_elements=512.0)


def test_bursts_are_counted_and_waited_for():
    def bits_of(chip):
        counts = build_chip(trace_of(fed("a")), chip).counts.counts
        return sum(c for key, c in counts.items() if key[:2] == ("off_chip_memory", "read"))

    # 7/8 of 4,096 bits are off chip: 3,584, which are 14 bursts of 256 or two of 2,048
    assert bits_of(spilled()) == bits_of(spilled(off_chip__burst_bits=256)) == 3584
    assert bits_of(spilled(off_chip__burst_bits=2048)) == 4096
    one = run(trace_of(fed("a")), spilled())[0].spans[0].end
    two = run(trace_of(fed("a")), spilled(off_chip__burst_bits=2048))[0].spans[0].end
    assert two - one == (4096 - 3584) // 8
    slow = run(trace_of(fed("a")), spilled(off_chip__refresh_share=0.125))[0].spans[0].end
    assert slow - one == 512 - 448


def test_two_layers_take_two_channels():
    trace = trace_of(fed("a"), fed("b"))
    one, two = (run(trace, spilled(off_chip__channels=n))[0] for n in (1, 2))
    assert two.wiring.down["off_chip"].busy == one.wiring.down["off_chip"].busy == 2 * 448
    # the second waits 448 cycles for one channel, and of two a cycle for the wires behind them
    assert max(span.end for span in one.spans) - max(span.end for span in two.spans) == 448 - 1


def test_an_interface_follows_the_memory():
    phy = {
        "components.off_chip_phy.part": "lpddr4_phy",
        "components.off_chip_phy.per": "channel",
        "components.off_chip_phy.boundary": "chip",
        "components.off_chip_phy.follows": {
            "read": ["off_chip_memory.read"],
            "write": ["off_chip_memory.write"],
        },
    }
    result = archsim.simulate("lenet1", load_architecture("cim40", phy))
    energy = result.by_component["off_chip_phy"]["energy_j"]
    bits = sum(row["count"] for row in result.ledger if row["component"] == "off_chip_memory")
    # LeNet-1 fits the buffer: an image of 28 x 28 values of 8 bits is read
    assert bits == 28 * 28 * 8
    assert energy == near(bits * 1.83e-12)
