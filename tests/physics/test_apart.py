"""Is machine code that is called by name there when its caller comes from disk, and is the caller
made again where it is not?
"""

import pytest

from archsim.kernels.apart import has_loop
from archsim.kernels.store import FOLDER
from tests.physics.test_compiled import run

CHAIN = """
import numpy as np
from archsim.kernels.compiled import kernel

@kernel
def squares(values):
    total = 0.0
    for value in values:
        total += value * value
    return total

@kernel
def more(values):
    return squares(values) + 1.0

def times(values, number):
    total = 0.0
    for _ in range(number):
        total += more(values)
    return total

chain = kernel(times)
print(chain(np.arange(4.0), 3), sum(chain.stats.cache_hits.values()))
"""
RESULT = "45.0"  # 3 * (0 + 1 + 4 + 9 + 1)


def one_pass(values):
    return values[0] + values[1]


def two_passes(values):
    total = 0.0
    while total < values[0]:
        total += values[1]
    return total


def test_a_function_that_jumps_back_has_a_loop():
    assert not has_loop(one_pass.__code__)
    assert has_loop(two_passes.__code__)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    assert run(CHAIN, folder) == [[RESULT, "0"]]
    return folder


def test_a_caller_from_disk_finds_what_it_calls(filled):
    assert run(CHAIN, filled) == [[RESULT, "1"]]


def test_a_caller_is_made_again_without_what_it_calls(filled):
    for path in (filled / FOLDER).glob("*squares*"):
        path.unlink()
    assert run(CHAIN, filled) == [[RESULT, "0"]]
    assert run(CHAIN, filled) == [[RESULT, "1"]]


AGAIN = """
import numpy as np
from archsim.kernels.compiled import template, kernel

def squares(values):
    total = 0.0
    for value in values:
        total += value * value
    return total

def more(values):
    return called(values) + 1.0

print(*[template(more, called=kernel(squares))(np.arange(4.0)) for _ in range(2)])

def less(values):
    return called(values) - 1.0

print(template(less, called=kernel(squares))(np.arange(4.0)))
"""


def test_what_stands_already_is_taken_by_another_caller(tmp_path):
    for _ in ("compiled", "from disk"):
        assert run(AGAIN, tmp_path) == [["15.0", "15.0"], ["13.0"]]
