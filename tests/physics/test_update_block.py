"""Does an update of many vectors at once leave the bits of one vector after the other?"""

import numpy as np
import pytest

from archsim.devices import load_law
from archsim.devices.array import draws
from archsim.kernels.records import Cells, Tally, Vectors
from archsim.kernels.update_block import (
    COINCIDENCES,
    COLUMN_PULSES,
    COLUMNS_DRAWN,
    DRAWN,
    EVEN,
    ROW_PULSES,
    SLOTS,
    UPDATES,
    specialise,
)
from tests.members import every
from tests.physics.pulsed_devices import LAWS, SETTINGS, F, devices, run, trains_of

ROWS, COLUMNS = 19, 83
KINDS = {"drawn": DRAWN, "even": EVEN}
CASES = [
    ("constant_step", "drawn"),
    ("binary_switch", "drawn"),
    ("one_sided_pair", "drawn"),
    ("constant_step", "even"),
]
TRAINS = [
    {"longest": 1, "manage_update": True},
    {"longest": 2},
    {"longest": 31, "manage_update": True, "manage_length": True, "rate": 0.2},
    {"longest": 64, "rate": 0.05},
]


def sides(count, seed=3):
    """Inputs (V, N) and errors (V, M): most errors are none, some vectors have none at all, and every
    other vector has few inputs (a list of columns is walked then instead of rows).
    """
    draw = np.random.default_rng(seed)
    inputs = draw.uniform(-1, 1, (count, COLUMNS)) * (draw.random((count, COLUMNS)) < 0.5)
    inputs[::2] *= draw.random((len(inputs[::2]), COLUMNS)) < 0.3
    errors = draw.normal(0, 0.2, (count, ROWS)) * (draw.random((count, ROWS)) < 0.3)
    errors[draw.random(count) < 0.2] = 0
    return inputs.astype(F), errors.astype(F)


@every("law,kind", CASES)
@every("changes", TRAINS)
@every("count", [1, 15, 16, 70])
def test_a_block_and_single_vectors_have_the_same_bits(law, kind, changes, count):
    inputs, errors = sides(count)
    scalars = (F(0.3),) * (1 if law in ("constant_step", "binary_switch") else 2)
    changes = changes | {"deterministic": kind == "even"}
    one = devices(law, ROWS, COLUMNS, False)
    expected, expected_writes = run(law, *one, scalars, inputs, errors, 5, 6, 7, 8, **changes)
    weights, state, planes = devices(law, ROWS, COLUMNS, False)
    kernels = load_law(law)
    block = specialise(
        kernels.step,
        aggregated=kernels.aggregated,
        paired=LAWS[law][1].paired,
        even_noise=LAWS[law][1].even_noise,
        kind=KINDS[kind],
    )
    counts = np.zeros(6)
    writes = np.zeros((ROWS, COLUMNS), np.int32)
    settings = {**SETTINGS, **changes}
    block(
        Cells(weights, state, planes, scalars, F(0)),
        Vectors(np.ascontiguousarray(inputs.T), np.abs(inputs).max(1)),
        Vectors(np.ascontiguousarray(errors.T), np.abs(errors).max(1)),
        trains_of(settings),
        draws(5, 6, 7, 8),
        Tally(counts, writes),
        np.zeros((2 * ROWS + 2) * count + ROWS + 2 * COLUMNS, np.uint64),
    )
    np.testing.assert_array_equal(weights, one[0])
    np.testing.assert_array_equal(state, one[1])
    np.testing.assert_array_equal(writes, expected_writes)
    whole = [UPDATES, SLOTS, COINCIDENCES]
    np.testing.assert_array_equal(counts[whole], expected[whole])
    assert 0 < counts[COLUMNS_DRAWN] <= counts[UPDATES] <= count
    # Pulses of vectors in which no row pulses are expected, not drawn.
    assert counts[ROW_PULSES] == expected[ROW_PULSES] and counts[COINCIDENCES] > 0
    assert counts[COLUMN_PULSES] == pytest.approx(expected[COLUMN_PULSES], rel=0.2, abs=20)
