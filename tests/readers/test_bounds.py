"""Does a bound hold where it stands: the last value taken, the next one refused?"""

import sys

import pytest

from archsim.cost import stored_facts
from archsim.cost.agreement import follows
from archsim.soc.data import request
from hwlib.errors import InputError, is_finite, nearest
from workloads import load_network


def test_the_largest_number_of_a_float_is_finite():
    assert is_finite(sys.float_info.max) and is_finite(-sys.float_info.max)
    assert not is_finite(2 * int(sys.float_info.max)) and not is_finite(float("inf"))


def test_names_of_a_hundred_letters_are_told_and_longer_ones_are_not():
    long = "n" * 99
    assert nearest("n" * 100, [long + "e"]) == f"did you mean '{long}e'?"
    assert nearest("n" * 101, [long + "ee"]) == ""


def test_a_map_as_large_as_may_be_carries_data(monkeypatch):
    network = load_network("digits_cnn")
    # the largest: 144 x 10 products of the fully connected layer
    monkeypatch.setattr(request, "LARGEST_MAP", 1440)
    request.check_carries(network)
    monkeypatch.setattr(request, "LARGEST_MAP", 1439)
    with pytest.raises(InputError, match="1440 elements.*1439"):
        request.check_carries(network)


def test_a_number_that_is_left_out_follows_from_nothing():
    # shares of a die without those of its parts ended in a KeyError
    with pytest.raises(InputError, match="result.json: shares.parts: a field is missing"):
        follows({"shares": {"ring": 1.0}}, "shares.parts", [1.0], "result.json", "the chip")


def test_stored_writes_are_no_more_in_the_mean_than_at_most():
    def stored(mean, maximum):
        writes = {"fc": {"mean": mean, "maximum": maximum}}
        stored_facts._check_training({"training": {"writes": writes}}, "result.json")

    stored(12.0, 12.0)
    with pytest.raises(InputError, match=r"writes\.fc: a mean above the maximum"):
        stored(12.5, 12.0)
