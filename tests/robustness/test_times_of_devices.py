"""The time at which a device is read, as a call of Python may give it."""

import numpy as np
import pytest

import archsim


@pytest.mark.parametrize(
    "at", ["3", None, [1.0], 1j, True, float("nan"), -1, pytest.param(10**400, id="huge")]
)
def test_what_is_no_time_is_refused(at):
    number = isinstance(at, float | int) and not isinstance(at, bool)
    told = "not a time in seconds" if number else "at: an argument of another type.*allowed: float"
    with pytest.raises(archsim.InputError, match=told):
        archsim.simulate("lenet1", data="random", device="pcm", at=at)


def test_a_time_may_be_a_number_of_numpy():
    result = archsim.simulate("digits_cnn", data="random", device="pcm", at=np.float32(2))
    assert result.document["cycles"]
