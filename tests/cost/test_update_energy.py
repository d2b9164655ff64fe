"""The update of an image of rpu_cnn on rpu_512, by hand: what takes most energy, how often, and
that little else is in it.
"""

import math

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.schemes import load_scheme
from hwlib import price
from tests.near import near

# Inputs (bias line beside), outputs, vectors an image; the third layer's 513 lines lie on two tiles
# of 512.
LAYERS = ((25, 16, 576), (400, 32, 64), (512, 128, 1), (128, 10, 1))
BATCH = 8
INPUT_BITS = 5
WORD = 16
PULSES = 4
# slots: those of the chip, and of the two schemes themselves
TRAIN = {"rpu": 10, "zero_shift": 31, "tiki_taka": 5}
WEIGHTS = sum((n + 1) * m for n, m, _ in LAYERS)
GRADIENT = sum((n + 1) * m * v for n, m, v in LAYERS)  # multiply-adds of the outer products
ENDS = sum((n + m) * v for n, m, v in LAYERS)  # values that go to both sides of the arrays
# the errors of the third layer go to both of its tiles
LINES = sum((n + 1 + m) * v for n, m, v in LAYERS) + 128
READS = 288 + 32 + 0.5 + 0.5  # lines of the fast arrays: every second vector
READ_COLUMNS = 288 * 16 + 32 * 32 + 0.5 * 128 + 0.5 * 10
# of cells for seven bits; 4 x 128 columns of the third layer beside a reference column lie on two
# tiles
PAIRS = 4
WRITES = PULSES * WEIGHTS / BATCH
VERIFIED = {("adc", "convert"): WRITES, ("front_end", "sample"): WRITES, ("array", "write"): WRITES}


def pulsed(name):
    """Pulse trains on both sides of the arrays."""
    slots = TRAIN[name]
    return {
        ("interconnect", "transfer"): INPUT_BITS * ENDS,
        ("vector_unit", "multiply"): ENDS,
        ("vector_unit", "compare"): ENDS,
        ("bitstream_generator", "bit"): slots * LINES,
        ("buffer", "read"): INPUT_BITS * ENDS / 512,
        ("tile_clock", "cycle"): 2 * slots * sum(v * (2 if n == 512 else 1) for n, _, v in LAYERS),
    }


def gradient(optimiser_words):
    """Outer products, and the words that go to and from the memory: an accumulator an image, the
    optimiser's once a batch.
    """
    return {
        ("vector_unit", "multiply_add"): GRADIENT,
        "words": WEIGHTS * (1 + optimiser_words / BATCH),
    }


# Values of the arrays' reads that go to the vector unit through the buffer.
OUTPUT_BITS = 9
RESULTS = {"hic": WEIGHTS / BATCH, "tiki_taka": READ_COLUMNS}
BY_HAND = {
    "rpu": pulsed("rpu"),
    "zero_shift": pulsed("zero_shift"),
    "sgd": gradient(2) | VERIFIED | {("vector_unit", "multiply_add"): GRADIENT + WEIGHTS / BATCH},
    "lns_madam": gradient(3)
    | VERIFIED
    | {
        ("vector_unit", "multiply_add"): GRADIENT + WEIGHTS / BATCH,
        ("vector_unit", "divide"): WEIGHTS / BATCH,
    },
    "hic": gradient(1)
    | {
        ("adc", "convert"): (
            PAIRS * WEIGHTS + sum((n + 1) * (2 if n == 512 else 1) for n, _, _ in LAYERS)
        )
        / BATCH,
        ("vector_unit", "multiply"): (1 + PAIRS) * WEIGHTS / BATCH,
    },
    "tiki_taka": pulsed("tiki_taka")
    | {
        ("vector_unit", "multiply"): ENDS + READ_COLUMNS,
        ("adc", "convert"): READ_COLUMNS + READS,
        ("interconnect", "transfer"): None,
        ("buffer", "read"): None,
        ("tile_clock", "cycle"): None,
        ("vector_unit", "compare"): ENDS + READ_COLUMNS,
        "words": READ_COLUMNS,
    },
}


def counted(name):
    """Actions of the update an image, words of training state read from the memories, and the
    energy of every action in J.
    """
    scheme = load_scheme(name)
    result = archsim.simulate(
        "rpu_cnn",
        load_architecture("rpu_512", {"buffer.capacity_kib": 4096.0}),
        scheme=scheme,
        phase="training",
        batch=BATCH,
        timing=False,
    )
    counts = {}
    energy = {}
    inventory = {item["component"]: item for item in result.inventory}
    for row in result.ledger:
        if row["phase"] == "update":
            key = row["component"], row["action"]
            counts[key] = counts.get(key, 0.0) + row["count"] / BATCH
    for component, action in counts:
        item = inventory[component]
        energy[component, action] = (
            counts[component, action]
            * price(item["part"], item["parameters"], 40.0).energy[action].value
        )
    return counts, energy, result.by_phase["update"]["energy_j"] / BATCH


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_what_an_update_costs(name):
    counts, energy, total = counted(name)
    known = []
    for key, expected in BY_HAND[name].items():
        # written as often as read; besides, inputs of the outer products are read, and results of
        # reads written
        if key == "words":
            results = OUTPUT_BITS * RESULTS.get(name, 0) / WORD
            assert counts["buffer", "write"] * 512 / WORD == near(expected + results), key
            known += [energy["buffer", "write"], energy["buffer", "read"]]
            continue
        if expected is not None:
            assert counts[key] == near(expected), key
        known.append(energy[key])
    assert math.fsum(energy.values()) == near(total)
    assert 0.85 * total < math.fsum(set(known)) <= total * (1 + 1e-12)
