"""Are elements that an imported file moves found as a walk, so that a training can follow it?"""

import numpy as np
import pytest

from archsim.operators.strides import walk_of, walked

NUMBERS = np.arange(120)
MAP = NUMBERS.reshape(2, 3, 4, 5)
WALKS = {
    "all": NUMBERS,
    "one": NUMBERS[7:8],
    "a part": MAP[:, 1:3],
    "every second": MAP[..., ::2],
    "backwards": NUMBERS[::-1],
    "turned": MAP.transpose(3, 1, 2, 0),
    "enlarged": np.arange(6).reshape(2, 3).repeat(2, 0).repeat(2, 1),
    "repeated": np.tile(np.arange(4), 3),
    "one line for all": np.broadcast_to(np.arange(4), (3, 4)),
    "a window": MAP[1, :2, 1:3, 1:4],
}


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_meets_the_elements_in_their_order(name):
    numbers = WALKS[name].reshape(-1)
    walk = walk_of(numbers)
    assert len(walk) == 9
    np.testing.assert_array_equal(walked(walk), numbers)


@pytest.mark.parametrize(
    "numbers", [[0, 1, 3], [3, 1, 2, 0, 7], [0, -1, 2], [], NUMBERS[[5, 1, 4, 2, 8, 5]]]
)
def test_no_walk_is_given_where_there_is_none(numbers):
    assert walk_of(np.array(numbers, int)) == ()
