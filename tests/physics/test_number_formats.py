"""Are words rounded as their format says, and does the scale of fixed point follow them?"""

from types import SimpleNamespace

import numpy as np
import pytest

from archsim.chip.blocks.vector_unit import WORD_BITS
from archsim.kernels import number_formats as formats
from archsim.kernels import number_formats_reference as twin
from archsim.kernels.outer import add_products_reference
from archsim.kernels.random import as_word, row_key, stream_key
from archsim.kernels.random_reference import row_key_reference, stream_key_reference
from archsim.schemes.shared.words import FORMATS, WORDS, Arithmetic, Words
from hwlib.errors import InputError
from tests.members import every

F = np.float32
KEY = as_word(row_key(as_word(stream_key(*map(np.uint64, (1, 2, 3, 4)))), np.uint64(0)))
TWIN_KEY = row_key_reference(stream_key_reference(1, 2, 3, 4), 0)
SPANS = (1.0, 1e-3, 1e4, 1e-7, 1e38, 1e-39)
BF16 = (formats.round_bf16, twin.bf16_reference)
FP16 = (formats.round_fp16, twin.fp16_reference)


def values(span, count=3000):
    drawn = (np.random.default_rng(2).uniform(-1, 1, count) * span).astype(F)
    drawn[:4] = 0, np.inf, -np.inf, np.nan
    return drawn


def stored(numbers, form, scale=None, image=0):
    scale = np.zeros(formats.SCALE_FIELDS, np.int64) if scale is None else scale
    after = np.array(numbers, F)
    formats.store_values(after, scale, form, image, KEY, True)
    return after, scale


@every("by_chance", [False, True])
@every("kernel, reference", [FP16, BF16])
@every("span", SPANS)
def test_kernel_and_twin_round_floats_to_the_same_bits(span, kernel, reference, by_chance):
    after = values(span)
    kernel(after, by_chance, KEY)
    np.testing.assert_array_equal(after, reference(values(span), by_chance, TWIN_KEY))


def test_fp16_is_that_of_numpy_and_saturates_instead_of_overflowing():
    for span in SPANS[:4]:
        after = values(span)
        formats.round_fp16(after, False, KEY)
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(after, values(span).astype(np.float16).astype(F))
    large = np.array([65519.0, 65520.0, -1e30], F)  # half a step above 65504 is 65520
    assert formats.round_fp16(large, False, KEY) == 2
    assert large.tolist() == [65504.0, 65504.0, -65504.0]


def test_bf16_goes_to_the_nearest_and_halves_to_even():
    # between 1 and 2 a step is 1/128
    numbers = np.array([1 + 1 / 256, 1 + 3 / 256, 1 + 1.01 / 256, -1 - 1 / 256, 3.4e38], F)
    assert formats.round_bf16(numbers, False, KEY) == 1
    expected = [1.0, 1 + 4 / 256, 1 + 2 / 256, -1.0, (2 - 2.0**-7) * 2.0**127]
    assert numbers.tolist() == expected


@pytest.mark.parametrize("bits", [2, 8, 9, 16, 32])
@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_kernel_and_twin_store_the_same_words_and_follow_the_same_scale(bits, rounding):
    form = Arithmetic("int32", rounding, "dynamic", 100, bits).value_form
    own, other = (np.zeros(formats.SCALE_FIELDS, np.int64) for _ in range(2))
    random = np.random.default_rng(bits)
    for image in range(0, 1000, 50):
        numbers = (random.standard_normal(300) * 10 ** random.uniform(-3, 1)).astype(F)
        after, _ = stored(numbers, form, own, image)
        expected = twin.store_reference(numbers, other, form, image, TWIN_KEY)
        np.testing.assert_array_equal(after, expected)
        np.testing.assert_array_equal(own, other)


def test_fixed_point_by_hand():
    # the first values set the range: 0.9 < 2^0, so a step of eight bits is 2^-7
    form = Arithmetic("int8").word_form
    after, scale = stored([0.9, -0.5, 0.5 / 128, 1.5 / 128, 0.4 / 128], form)
    assert (after * 128).tolist() == [115, -64, 0, 2, 0]
    assert scale[formats.EXPONENT] == 0 and scale[formats.SATURATED] == 0
    # 3 is above 127 steps: it saturates, and the range doubles for what comes
    after, scale = stored([3.0, 0.25], form, scale)
    assert (after * 128).tolist() == [127, 32] and scale[formats.EXPONENT] == 1
    assert scale[formats.SATURATED] == 1 and scale[formats.ROUNDED] == 7


def test_a_dynamic_scale_halves_once_a_span_of_images_is_over_and_a_static_one_stays():
    for scale_rule, expected in (("dynamic", -1), ("static", 0)):
        form = Arithmetic("int8", scale=scale_rule, scale_images=10).word_form
        _, scale = stored([0.9, 0.1], form)
        for image in range(1, 21):  # the first span held 0.9, the second only small values
            stored([0.2, 0.1], form, scale, image)
        assert scale[formats.EXPONENT] == expected, scale_rule


def test_zeros_neither_set_nor_halve_a_scale():
    form = Arithmetic("int8", scale_images=10).word_form
    after, scale = stored(np.zeros(4), form)
    assert not after.any() and not scale.any()
    stored([0.9], form, scale)
    for image in range(0, 100, 5):
        stored(np.zeros(4), form, scale, image)
    assert scale[formats.EXPONENT] == 0


def test_rounding_by_chance_keeps_the_mean_and_one_key_gives_one_result():
    # 0.3 of a step: 300,000 draws of a coin of 0.3, four standard deviations are 0.0034
    form = Arithmetic("int8", "stochastic", "static").word_form
    scale = np.zeros(formats.SCALE_FIELDS, np.int64)
    stored([0.9], form, scale)
    numbers = np.full(300_000, -5.3 / 128, F)
    after, _ = stored(numbers, form, scale)
    assert abs((after * 128).mean() + 5.3) < 0.0034
    assert set(np.unique(after * 128)) == {-6.0, -5.0}
    np.testing.assert_array_equal(after, stored(numbers, form, scale)[0])
    bf16 = np.full(300_000, 1 + 0.3 / 128, F)
    formats.round_bf16(bf16, True, KEY)
    assert abs((bf16 - 1).mean(dtype=float) * 128 - 0.3) < 0.0034


def test_fp32_leaves_every_bit():
    after, scale = stored(values(1.0), Arithmetic().word_form)
    np.testing.assert_array_equal(after, values(1.0))
    assert not scale.any()


def test_a_value_has_the_fewer_bits_of_its_word_and_of_the_lane():
    # int8 lanes give no more than eight bits; bf16 lanes round before a word of nine is cut
    assert Arithmetic("int8", value_bits=12).value_form[formats.BITS] == 8
    assert Arithmetic("int16", value_bits=12).value_form[formats.BITS] == 12
    of_bf16 = Arithmetic("bf16", value_bits=9).value_form
    assert (of_bf16[formats.FLOAT], of_bf16[formats.BITS]) == (formats.BF16, 9)
    assert Arithmetic("fp32", value_bits=32).exact and not Arithmetic("fp32", value_bits=31).exact


def test_formats_are_those_that_have_a_price():
    assert set(FORMATS) == set(WORD_BITS)
    with pytest.raises(InputError, match="bf16"):
        Arithmetic("bf61")


@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_sums_of_an_image_are_words_once_it_is_over_under_keys_of_their_own(rounding):
    arithmetic = Arithmetic("int8", rounding)
    layer = SimpleNamespace(index=0, tile=9, name="w1", arithmetic=arithmetic)
    words = Words([layer], 5)
    words.hold("other", "sums")
    rng = np.random.default_rng(4)
    inputs, errors = (rng.standard_normal((2, n, 7)).astype(np.float32) for n in (6, 3))
    sums = np.zeros((3, 6), np.float32)
    expected = sums.copy()
    scale = np.zeros(formats.SCALE_FIELDS, np.int64)
    words.add(layer, "sums", inputs, errors, 11, sums)
    for step, x, d in zip((11, 12), inputs, errors):
        add_products_reference(expected, x, d, 1.0)
        stream = stream_key_reference(5, step, 9, int(WORDS) + 1)
        key = row_key_reference(stream, 0)
        rounded = twin.store_reference(expected.reshape(-1), scale, arithmetic.word_form, step, key)
        expected = rounded.reshape(3, 6)
    np.testing.assert_array_equal(sums, expected)
    assert words.told()["w1"]["sums"]["rounded"] == 36
    # One image, and images whose vectors lie elsewhere in memory, are added alike.
    apart = np.zeros_like(sums)
    words.hold("apart")
    for b in range(2):
        lying = np.asfortranarray(inputs[b])[None]
        words.add(layer, "apart", lying, errors[b : b + 1], 11 + b, apart)
    if rounding == "nearest":
        np.testing.assert_array_equal(apart, expected)
