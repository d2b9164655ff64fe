"""What must follow when one setting changes: more of something never takes more time, finer never
costs less.

Queues are first come first served, so a faster part can change an order and lose a few cycles later
(the scheduling anomalies of Graham 1969): where several servers queue, a gain may be that much
smaller than nothing.
"""

import random

import pytest

import archsim
from archsim.schemes import load_scheme
from archsim.trace import build_trace
from tests.near import near
from workloads import load_network

ANOMALY = 0.005
NETWORK = """
schema = 1
input = [3, 9, 7]
layer = [
  {name = "c", operator = "conv2d", channels = 6, kernel = [3, 2], stride = [2, 1], padding = "same", bias = true},
  {name = "r", operator = "relu"},
  {name = "d", operator = "conv2d", channels = 6, kernel = 3, padding = 1},
  {name = "sum", operator = "add", inputs = ["d", "r"]},
  {name = "p", operator = "max_pool", kernel = 2},
  {name = "f", operator = "flatten"},
  {name = "fc", operator = "linear", features = 11, bias = true},
]"""
CHOICES = {
    "tile.rows": (16, 64, 128),
    "tile.columns": (32, 64),
    "weights.mapping": ("differential", "reference_column", "bit_slices"),
    "read.input_bits": (1, 4, 8),
    "read.bits_per_slot": (1, 2),
    "read.accumulate": ("analog", "digital"),
    "read.front_end": ("per_column", "shared"),
    "read.columns_per_adc": (4, 16),
    "read.adc_bits": (4, 8),
    "read.conversion_cycles": (1, 3),
    "read.overlap": (True, False),
    "buffer.capacity_kib": (0.25, 4.0, 64.0),
    "buffer.width_bits": (8, 64),
    "buffer.ports": (1, 2),
    "interconnect.kind": ("bus", "h_tree"),
    "interconnect.width_bits": (8, 64),
    "vector_unit.lanes": (1, 8),
    "controller.issue_cycles": (1, 16),
    "off_chip.bits_per_cycle": (2, 32),
    "update.train_length": (3, 31),
}
SCHEMES = (None, None, "sgd", "rpu", "mixed_precision")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "n.toml"
    path.write_text(NETWORK)
    return archsim.load_network(path)


@pytest.fixture(scope="module")
def run(network):
    known = {}

    def simulate(seed, **changes):
        dice = random.Random(seed)
        settings = {field: dice.choice(values) for field, values in CHOICES.items()}
        scheme = dice.choice(SCHEMES)
        for field, change in changes.items():
            field = field.replace("__", ".")
            settings[field] = change(settings[field]) if callable(change) else change
        key = seed, tuple(sorted(settings.items()))
        if key not in known:
            options = (
                {"scheme": load_scheme(scheme), "phase": "training", "batch": 2} if scheme else {}
            )
            known[key] = archsim.simulate(
                network, archsim.load_architecture("cim40", settings), images=2, **options
            )
        return known[key]

    return simulate


def twice(value):
    return value * 2


def half(value):
    return value // 2


def one_more(value):
    return value + 1


def off_chip_bits(result):
    return sum(row["count"] for row in result.ledger if row["component"] == "off_chip_memory")


def channel_cycles(result):
    return max(row["busy_cycles"] for row in result.resources if row["kind"] == "off_chip")


SEEDS = range(12)


@pytest.mark.parametrize(
    "field, change",
    [
        ("interconnect__width_bits", twice),
        ("buffer__width_bits", twice),
        ("buffer__ports", twice),
        ("vector_unit__lanes", twice),
        ("off_chip__bits_per_cycle", twice),
        ("buffer__capacity_kib", lambda kib: kib * 4),
        ("read__columns_per_adc", half),
        ("controller__issue_cycles", half),
        ("read__overlap", True),
        ("execution__mode", "pipelined"),
    ],
)
def test_more_of_it_is_never_slower(field, change, run):
    faster = 0
    for seed in SEEDS:
        before = run(seed, **({field: "layer_by_layer"} if field == "execution__mode" else {}))
        after = run(seed, **{field: change})
        # two images that compete for one saturated channel leave more gaps in it than one after the
        # other
        anomaly = 0.02 if field == "execution__mode" else ANOMALY
        moved = 0
        if field == "execution__mode":  # what images in flight keep may leave a small buffer
            moved = max(0, channel_cycles(after) - channel_cycles(before))
        assert after.cycles - moved <= before.cycles * (1 + anomaly), seed
        faster += after.cycles < before.cycles
    assert faster, "nothing ever depends on this setting"


@pytest.mark.parametrize(
    "field, change",
    [
        ("read__adc_bits", one_more),
        ("read__input_bits", twice),
        ("vector_unit__lanes", twice),
        ("buffer__capacity_kib", twice),
        ("read__columns_per_adc", half),
        ("interconnect__width_bits", twice),
    ],
)
def test_finer_or_more_is_never_smaller(field, change, run):
    for seed in SEEDS:
        before, after = run(seed), run(seed, **{field: change})
        assert after.area_mm2 >= before.area_mm2, seed
        assert after.tiles == before.tiles


@pytest.mark.parametrize("field", ["read__adc_bits", "read__input_bits", "update__train_length"])
def test_more_bits_or_pulses_never_take_less_energy(field, run):
    for seed in SEEDS:
        before, after = run(seed), run(seed, **{field: one_more})
        for name, row in before.by_component.items():
            # a longer run leaks more, never less; actions and their prices only grow
            assert after.by_component[name]["energy_j"] >= row["energy_j"] * (1 - 1e-9), (
                seed,
                name,
            )


def test_a_larger_buffer_never_spills_more(run):
    spilled = 0
    for seed in SEEDS:
        bits = [
            off_chip_bits(run(seed, buffer__capacity_kib=kib))
            for kib in (0.0625, 0.25, 1.0, 4.0, 64.0)
        ]
        assert bits == sorted(bits, reverse=True), seed
        spilled += bits[0] > bits[-1]
    assert spilled


def test_work_grows_with_the_images(network):
    """Without leakage and controller, twelve images are twelve times one."""
    counts = []
    for images in (1, 12):
        result = archsim.simulate(network, "cim40", images=images)
        counts.append(
            {
                (r["component"], r["action"], r["layer"]): r["count"]
                for r in result.ledger
                if r["component"] not in ("controller", "clock_tree", "vector_unit_clock")
            }
        )
    assert {key: 12 * count for key, count in counts[0].items()} == near(counts[1], rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_nodes(seed, run):
    """Logic shrinks and takes less energy with every node; the counts stay, whatever the node."""
    result = run(seed)
    priced = [result.reprice(node_nm=node) for node in (130, 90, 65, 40, 28, 22, 14, 7)]
    for field in ("area_mm2", "energy_j"):
        for role in ("vector_unit", "tile_control", "shift_add"):
            values = [
                each.by_component[role]["area_mm2" if field == "area_mm2" else "dynamic_energy_j"]
                for each in priced
            ]
            assert values == sorted(values, reverse=True), (role, field)
    assert all(each.ledger == result.ledger and each.cycles == result.cycles for each in priced)


@pytest.mark.parametrize("capacity_kib, share", [(1024.0, 0.0), (256.0, None), (0.0625, 1.0)])
def test_training_state_spills_as_far_as_the_buffer_does_not_hold_it(capacity_kib, share):
    """Traffic of gradient and weights by hand: the share that has no room goes on to the off-chip
    memory, all of it through the buffer.
    """
    chip = archsim.load_architecture("rpu_512", {"buffer.capacity_kib": capacity_kib})
    trace = build_trace(load_network("rpu_cnn"), load_scheme("sgd"), "training", 1)
    weights = 16 * 26 + 32 * 401 + 128 * 513 + 10 * 129
    state = 2 * weights * 16
    alive = trace.activation_elements * chip.read.input_bits
    if share is None:
        # masks lie beside gradient and weights: which of four a pooled value was
        masks = 2 * (16 * 12 * 12 + 32 * 4 * 4)
        share = 1 - (capacity_kib * 8192 - alive) / (state + masks)
        assert 0.1 < share < 0.9
    counts = {}
    for row in archsim.simulate(trace, chip, timing=False).ledger:
        if (row["action"], row["phase"]) == ("write", "update"):
            counts[row["component"]] = counts.get(row["component"], 0.0) + row["count"]
    # accumulators an image, gradient and weight once a batch of one
    traffic = (1 + 2) * weights * 16
    assert counts.get("off_chip_memory", 0.0) == near(share * traffic)
    assert counts.get("buffer", 0.0) * chip.buffer.width_bits == near(traffic)
