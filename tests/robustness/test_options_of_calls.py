"""Does a public call that gets an option it has not say every word that it takes?"""

import inspect

import pytest

import archsim
from hwlib.errors import InputError

CALLS = {
    "simulate": ("lenet1",),
    "train": ("digits_cnn",),
    "infer": ("digits_cnn",),
    "compare": ("digits_cnn",),
}


@pytest.mark.parametrize("name", CALLS)
def test_it_lists_the_words_before_the_options_too(name):
    call = getattr(archsim, name)
    with pytest.raises(InputError) as caught:
        call(*CALLS[name], architecture="cim40")
    listed = str(caught.value).split("allowed: ")[1].split(", ")
    assert set(listed) == set(inspect.signature(call).parameters)
    assert "chip" in listed


def test_the_nearest_is_one_of_them():
    with pytest.raises(InputError, match="did you mean 'chip'"):
        archsim.simulate("lenet1", chipp="cim40")
