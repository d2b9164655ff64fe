"""Does every setting of a chip move cycles and counts as the arithmetic says? The same hand, on
other tiles, converters, wires, clocks.
"""

import pytest
from golden.chip import Chip
from golden.comparison import check_step
from golden.networks import CONV, DENSE, LSTM, WIDE
from golden.schemes import hic, sgd
from golden.schemes_low_rank import low_rank
from golden.schemes_pulsed import rpu, tiki_taka, zero_shift

from tests.members import every

CHIPS = {
    "overlap": Chip(overlap=True),
    "overlap, slow array": Chip(overlap=True, slot=13),
    "shared": Chip(front_end="shared"),
    "shared, overlap": Chip(front_end="shared", overlap=True),
    "digital": Chip(accumulate="digital"),
    "digital, overlap": Chip(accumulate="digital", overlap=True, slot=23),
    "shared, digital": Chip(front_end="shared", accumulate="digital"),
    "one slot": Chip(accumulate="digital", bits_per_slot=4),
    "bit by bit": Chip(accumulate="digital", bits_per_slot=1),
    "three bits": Chip(bits_per_slot=3, accumulate="digital"),
    "pulse width": Chip(input="pulse_width", slot=16),
    "some lines": Chip(all_groups=False),
    "some lines, shared": Chip(all_groups=False, front_end="shared", columns_per_adc=3),
    "reference column": Chip(mapping="reference_column"),
    "reference, some": Chip(mapping="reference_column", all_groups=False),
    "slices": Chip(mapping="bit_slices"),
    "replicas": Chip(replicas=2, columns=16),
    "bias row": Chip(bias="row"),
    "bias row, larger": Chip(bias="row", rows=32, columns=32),
    "bus": Chip(tree="bus", wire=24),
    "device by device": Chip(write_parallel="device"),
    "generators": Chip(generators=3),
    "four phases": Chip(polarity=4, train=4),
    "no reuse": Chip(reuse=False),
    "words": Chip(word=32),
    "one lane": Chip(lanes=1, hop=0),
    "wide lanes": Chip(lanes=64, port=8),
    "no prefetch": Chip(prefetch=False),
    "long issue": Chip(issue=90),
    "sleeping controller": Chip(always_on=False),
    "one pulse": Chip(write_pulses=1.0, verify=0),
    "large": Chip(rows=64, columns=64, columns_per_adc=16),
}
NETWORKS = {"dense": DENSE, "wide": WIDE, "conv": CONV, "lstm": LSTM}
RULES = {
    "sgd": sgd("sgd"),
    "rpu": rpu(),
    "tiki-taka v1": tiki_taka("v1"),
    "hic": hic(),
    "zero_shift": zero_shift(),
    "lrt": low_rank("lrt", mode="element"),
}


@every(
    "rule, network",
    [
        *(("sgd", network) for network in NETWORKS),
        *((rule, network) for rule in ("rpu", "hic") for network in ("wide", "conv")),
    ],
)
@every("chip", CHIPS)
def test_chips(chip, rule, network):
    check_step(*NETWORKS[network], RULES[rule], CHIPS[chip])


@pytest.mark.parametrize("rule", ["tiki-taka v1", "zero_shift", "lrt"])
@pytest.mark.parametrize(
    "chip",
    [
        "reference, some",
        "replicas",
        "bias row",
        "shared",
        "device by device",
        "generators",
        "large",
    ],
)
def test_further_arrays(chip, rule):
    check_step(*WIDE, RULES[rule], CHIPS[chip])
    check_step(*CONV, RULES[rule], CHIPS[chip])
