"""Does a sweep price just what a run accepts, at the same area and energy, and refuse the rest in
the same words?
"""

import random
from functools import cache

import pytest

import archsim
from archsim.exploration import load_space
from archsim.exploration.work.rungs import price_rung, timing_rung
from archsim.exploration.work.worker import RungJob, run_point
from archsim.schemes import load_scheme
from hwlib.errors import InputError
from tests.members import every
from tests.near import near

SEEDS = range(30)
METRICS = ("area_mm2", "energy_j", "tiles", "operations")
# Values that fit, beside values that some chips, schemes or networks do not take.
SETTINGS = {
    "tile.rows": [8, 64, 512],
    "tile.columns": [2, 64, 300],
    "tile.count": ["auto", 1, 3, 40],
    "read.transposed": [True, False],
    "execution.reload": [True, False],
    "read.adc_bits": [1, 5, 8, 14],
    "read.columns_per_adc": [1, 8, 64],
    "read.input_bits": [1, 8],
    "read.bits_per_slot": [1, 4, 8],
    "node_nm": [3.0, 28.0, 40.0, 65.0, 500.0],
    "clock_mhz": [1.0, 200.0, 5000.0],
    "weights.mapping": ["differential", "offset"],
    "weights.cell_bits": [1, 4],
    "placement.pack": [True, False],
    "placement.copies.conv1": [1, 2],
    "buffer.capacity_kib": [0.5, 256.0],
    "components.adc.parameters.bits": [4, 99],
    "components.adc.part": ["sar_adc", "flash_adc", "register"],
    "vector_unit.lanes": [1, 64],
    "physics.read_voltage_v": [0.1, 0.3],
    "components.array.parameters.read_voltage_v": [0.2, 0.4],
    "components.array.parameters.conductance_us": [0.5, 20.0],
    "physics.conductance_us": [[1.0, 30.0], [0.01, 0.1]],
}
SCHEMES = (
    None,
    "sgd",
    "rpu",
    "mixed_precision",
    "tiki_taka",
    "sbpca",
    "hic",
    "cbram_sc",
    "zero_shift",
    "dsc",
)


def drawn(generator):
    """A design of random words and some random settings."""
    scheme = generator.choice(SCHEMES)
    words = {
        "network": generator.choice(["digits_cnn", "lenet1", "rpu_cnn"]),
        "architecture": generator.choice(["cim40", "rpu", "wu2023"]),
        "batch": generator.choice([1, 4]),
    }
    if scheme:
        words |= {"scheme": scheme, "phase": "training"}
    paths = generator.sample(sorted(SETTINGS), generator.randint(1, 5))
    return words, {path: generator.choice(SETTINGS[path]) for path in paths}


def by_run(words, settings, timing):
    """(numbers, "") as `archsim run` gives them, or (None, its message)."""
    try:
        chip = archsim.load_architecture(words["architecture"], settings)
        scheme = load_scheme(words["scheme"]) if "scheme" in words else None
        result = archsim.simulate(
            words["network"],
            chip,
            scheme=scheme,
            phase=words.get("phase", "inference"),
            batch=words["batch"],
            timing=timing,
        )
        return tuple(getattr(result, name) for name in METRICS), ""
    except InputError as error:
        return None, error.message


def by_sweep(words, settings, rung):
    """(numbers, "") of a sweep's point, or (None, why it was refused)."""
    space = load_space(
        {
            "schema": 1,
            **words,
            "axes": {"images": [words["batch"]]},
            "objectives": {"area_mm2": "minimise"},
        }
    )
    # past the checks of single values, which a sweep makes before any point
    design = space.design((words["batch"],)) | settings
    row = run_point(RungJob(_Fixed(design), rung, METRICS), "0" * 16, ())
    assert row.status in ("done", "refused"), row.extra
    return row.metrics, row.extra.get("reason", "")


class _Fixed:
    """A space of one design."""

    def __init__(self, design):
        self.design = lambda values: design


@cache
def priced(seed):
    """The numbers of a drawn design, or why it is refused."""
    return by_run(*drawn(random.Random(seed)), timing=False)


@every("seed", SEEDS)
def test_priced_alike_or_refused_in_the_same_words(seed):
    words, settings = drawn(random.Random(seed))
    numbers, reason = priced(seed)
    assert by_sweep(words, settings, price_rung) == (
        near(numbers, rel=1e-12) if numbers else None,
        reason,
    ), (words, settings)


@pytest.mark.study
@pytest.mark.parametrize("seed", range(len(SEEDS), 1060))
def test_a_thousand_more(seed):
    words, settings = drawn(random.Random(seed))
    numbers, reason = by_run(words, settings, timing=False)
    assert by_sweep(words, settings, price_rung) == (
        near(numbers, rel=1e-12) if numbers else None,
        reason,
    ), (words, settings)


@pytest.mark.parametrize("seed", (3, 5, 17))
def test_simulated_alike_or_refused_in_the_same_words(seed):
    words, settings = drawn(random.Random(seed))
    words["network"] = "digits_cnn"
    numbers, reason = by_run(words, settings, timing=True)
    assert by_sweep(words, settings, timing_rung) == (
        near(numbers, rel=1e-12) if numbers else None,
        reason,
    ), (words, settings)


def test_the_designs_of_this_test_are_of_both_kinds():
    refused = [priced(seed)[0] is None for seed in SEEDS]
    assert 6 < sum(refused) < len(SEEDS) - 6
    reasons = {priced(seed)[1].split(": ")[-1][:30] for seed in SEEDS}
    assert len(reasons) > 5


def test_what_a_training_needs_once_is_checked_where_nothing_is_simulated(tmp_path):
    """A chip whose write driver cannot program: its setup is refused by a run, so a sweep must not
    price it.
    """
    words = {
        "network": "digits_cnn",
        "architecture": "cim40",
        "scheme": "rpu",
        "phase": "training",
        "batch": 1,
    }
    settings = {
        "read.transposed": True,
        "components.write_driver.part": "register",
        "components.write_driver.parameters": {"bits": 8},
    }
    numbers, reason = by_run(words, settings, timing=False)
    assert numbers is None and "cannot do" in reason
    assert by_sweep(words, settings, price_rung) == (None, reason)
