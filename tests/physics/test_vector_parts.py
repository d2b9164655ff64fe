"""Do steps that vector registers take at once give what they say, on any processor and at any size?"""

import os
import subprocess
import sys

import numpy as np
import pytest

from archsim.kernels.outer import add_products, add_products_reference
from archsim.kernels.trains import list_pulsed
from archsim.kernels.turned import turn_block, turn_inputs

COUNTS = (0, 1, 7, 8, 9, 64, 131)


def listing(count, seed=0):
    """Trains of `count` lines, half of them empty, and bits that are asked for."""
    draw = np.random.default_rng((seed, count))
    trains = draw.integers(0, 2**63, count, dtype=np.uint64) << np.uint64(1)
    trains[draw.random(count) < 0.5] = 0
    return trains, np.uint64(1) << draw.integers(0, 64, dtype=np.uint64)


def check_lists():
    for count in COUNTS:
        trains, asked = listing(count)
        listed = np.full(count + 1, -1)
        expected = np.flatnonzero(trains & asked)
        number = list_pulsed(trains, asked, listed[:count])
        assert number == len(expected) and np.array_equal(listed[:number], expected)
        assert listed[count] == -1, "written behind the end"


def test_lists_are_those_of_the_words():
    check_lists()


@pytest.mark.parametrize("option", [{"NUMBA_ENABLE_AVX": "0"}, {"NUMBA_CPU_NAME": "generic"}])
def test_lists_of_a_processor_without_wide_registers(option, tmp_path):
    code = "from tests.physics.test_vector_parts import check_lists; check_lists()"
    environment = os.environ | option | {"NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


@pytest.mark.parametrize("lines", [1, 15, 16, 17, 40])
@pytest.mark.parametrize("first, count", [(0, 1), (3, 15), (0, 16), (5, 37), (2, 48)])
def test_a_block_is_turned(lines, first, count):
    values = np.random.default_rng(lines).random((lines, 53), np.float32)
    turned = np.full((count + 1, lines), -1, np.float32)
    turn_block(values, first, count, turned[:count])
    assert np.array_equal(turned[:count], values.T[first : first + count])
    assert (turned[count] == -1).all()


@pytest.mark.parametrize("lines", [9, 33])
@pytest.mark.parametrize("count", [1, 12, 16, 50])
@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_every_vector_that_pulses_gets_its_inputs(lines, count, share):
    draw = np.random.default_rng(lines * count)
    values = draw.random((lines, count), np.float32)
    active = (draw.random(count) < share).astype(np.uint64)
    turned = np.empty((min(16, count), lines), np.float32)
    vectors = np.empty(len(turned), np.int64)
    first, met = 0, []
    while (left := first + np.flatnonzero(active[first:])).size:
        first = left[0]
        number = turn_inputs(values, active, first, turned, vectors)
        own = vectors[:number]
        assert np.array_equal(turned[:number], values.T[own])
        pulsing = [v for v in own if v >= first and active[v]]
        assert pulsing == sorted(pulsing) and pulsing[0] == first
        met += pulsing
        first = own[-1] + 1
    assert met == list(np.flatnonzero(active))


@pytest.mark.parametrize("shape", [(5, 30, 8), (3, 16, 70), (9, 40, 16), (33, 17, 200)])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_products_of_turned_vectors_are_those_of_numpy(shape, share):
    rows, columns, count = shape
    draw = np.random.default_rng(shape)
    inputs = draw.random((columns, count), np.float32)
    errors = draw.standard_normal((rows, count)).astype(np.float32)
    errors[draw.random(errors.shape) > share] = 0
    mine = draw.standard_normal((rows, columns)).astype(np.float32)
    theirs = mine.copy()
    add_products(mine, inputs, errors, np.float32(0.3))
    add_products_reference(theirs, inputs, errors, 0.3)
    assert np.array_equal(mine, theirs)
