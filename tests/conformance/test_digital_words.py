"""Do the number formats of a chip act on what it trains and infers, as they act on its price?"""

import numpy as np
import pytest

import archsim
from archsim.kernels.number_formats import ROUNDED
from archsim.training.loop import train
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings, read_settings
from hwlib.errors import InputError
from tests.training_runs import NETWORK, digits
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

SMALL = Network(
    "small",
    (
        Layer("input", "input", (), (), (6,)),
        Layer("below", "linear", ("input",), ((6,),), (8,), bias=True),
        Layer("tanh", "tanh", ("below",), ((8,),), (8,)),
        Layer("above", "linear", ("tanh",), ((8,),), (5,), bias=True),
        Layer("softmax", "softmax", ("above",), ((5,),), (5,)),
    ),
)
KEPT = {
    "sgd": {},
    "mixed_precision": {},
    "hic": {},
    "lns_madam": {},
    "sign_sgd": {},
    "sbpca": {},
    "sbe": {},
    "lrt": {},
    "essop": {},
    "cbram_sc": {},
    "tiki_taka": {"version": "v2"},
}
"""Rules that keep words in the vector unit, by name."""


def trained(rule, digital, scheme_settings=None, images=24):
    settings = read_settings(
        {
            "rule": rule,
            "batch": 4,
            "learning_rate": 0.05,
            "digital": digital,
            "scheme_settings": scheme_settings or {},
        }
    )
    machine = Machine(SMALL, settings)
    random = np.random.default_rng(3)
    pictures = random.uniform(0, 1, (images, 6)).astype(np.float32)
    machine.train(pictures, random.integers(0, 5, (images, 1)), np.arange(images), 0)
    return machine


def kept_values(machine):
    arrays = [machine.arrays.weights, *machine.rule.state().values()]
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


@pytest.mark.parametrize("rule", KEPT)
def test_the_format_of_words_moves_what_a_rule_keeps_and_fp32_does_not(rule):
    exact = trained(rule, {}, KEPT[rule])
    assert exact.rule.words.told() == {} and not exact.stored.scales.any()
    assert kept_values(exact) == kept_values(trained(rule, {"format": "fp32"}, KEPT[rule]))
    for digital in ({"format": "int8"}, {"format": "bf16"}):
        rounded = trained(rule, digital, KEPT[rule])
        assert kept_values(rounded) != kept_values(exact), digital
        assert sum(scale[:, ROUNDED].sum() for scale in rounded.rule.words.scales.values()) > 0


@pytest.mark.parametrize("rule", ["rpu", "zero_shift", "dsc"])
def test_rules_without_words_are_moved_by_the_stored_values_alone(rule):
    outcome = [
        trained(rule, {"value_bits": bits}).arrays.weights.tobytes() for bits in (0, 32, 8, 4)
    ]
    assert outcome[0] == outcome[1] and len(set(outcome)) == 3


@pytest.mark.parametrize("rule", ["sgd", "tiki_taka"])
def test_rounding_by_chance_and_the_scale_act(rule):
    settings = [
        {},
        {"rounding": "stochastic"},
        {"scale": "static"},
        {"rounding": "stochastic", "scale": "static"},
        {"scale_images": 4},
    ]
    outcome = [
        kept_values(trained(rule, {"format": "int8"} | one, KEPT[rule], 48)) for one in settings
    ]
    assert len(set(outcome)) == len(settings)
    assert outcome[1] == kept_values(
        trained(rule, {"format": "int8", "rounding": "stochastic"}, KEPT[rule], 48)
    )


@pytest.mark.parametrize(
    "setting, dearer",
    [
        ({"vector_unit.format": "int8"}, -1),
        ({"vector_unit.format": "int32"}, 1),
        ({"vector_unit.format": "fp32"}, 1),
        ({"vector_unit.rounding": "stochastic"}, 1),
        ({"read.output_bits": 4}, -1),
        ({"read.output_bits": 12}, 1),
    ],
    ids=str,
)
def test_a_chip_trains_what_it_prices(setting, dearer):
    data = load_dataset("digits").first(train=16, test=8)

    def run(chip):
        return archsim.train(SMALL_DIGITS, chip, data, "sgd", epochs=1, seed=1, batch=8)

    plain = run(archsim.load_architecture("cim40"))
    other = run(archsim.load_architecture("cim40", setting))
    weights = [
        b"".join(w.tobytes() for w in one.trained.weights.values()) for one in (plain, other)
    ]
    assert weights[0] != weights[1]
    energy = [one.result.energy_per_image_j for one in (plain, other)]
    assert (energy[1] - energy[0]) * dearer > 0
    document = other.to_dict()["training"]["digital"]
    assert document["format"] == other.chip.vector_unit.format
    assert document["values"]["fc"]["activations"]["rounded"] > 0


SMALL_DIGITS = Network(
    "small digits",
    (
        Layer("input", "input", (), (), (1, 8, 8)),
        Layer("flat", "flatten", ("input",), ((1, 8, 8),), (64,)),
        Layer("fc", "linear", ("flat",), ((64,),), (10,), bias=True),
        Layer("softmax", "softmax", ("fc",), ((10,),), (10,)),
    ),
)


def test_bits_of_stored_values_move_real_data_and_more_bits_come_closer():
    errors = []
    for bits in (4, 6, 8):
        chip = archsim.load_architecture(
            "cim40", {"read.output_bits": bits, "read.adc_bits": 12, "read.input_bits": 12}
        )
        result = archsim.simulate("digits_cnn", chip, data="random", images=1, seed=2)
        errors.append(float(np.abs(result.outputs - result.reference_outputs).max()))
    assert errors[0] > errors[1] > errors[2]


def test_a_resumed_training_has_the_bits_of_an_uninterrupted_one(tmp_path):
    data = digits(120, 40)
    digital = {"format": "int8", "rounding": "stochastic", "value_bits": 6, "scale_images": 50}
    settings = TrainingSettings.model_validate(
        {"rule": "sgd", "batch": 4, "epochs": 2, "digital": digital, "checkpoint_images": 40}
    )
    whole = train(NETWORK, data, settings)
    train(NETWORK, data, settings, folder=tmp_path, stop_after=132)
    resumed = train(NETWORK, data, settings, folder=tmp_path, resume=True)
    for name, weights in whole.weights.items():
        np.testing.assert_array_equal(weights, resumed.weights[name])
    assert whole.digital == resumed.digital


def test_a_misspelt_format_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="training.digital.format.*bf16"):
        read_settings({"digital": {"format": "bf61"}})
    with pytest.raises(InputError, match="fp32; the rule sgd computes in int16"):
        read_settings({"rule": "float", "digital": {"format": "int16"}})


# A measurement beside ours, of digits_cnn: momentum 97.5 % falls to about 86 with int8 state, Adam
# to chance, mixed precision from 94 to 87; int16 loses nothing. Ours: momentum 84, and Adam's second
# moment, the square of a gradient, underflows eight bits, so it divides by epsilon: weights grow to
# 2^20 and little more than their signs is left, 49 to 61 over four seeds. Mixed precision takes its
# steps from Adam (Wu 2023), and falls with it, to 17: with SGD it keeps its accuracy, since its
# accumulators are as wide as its copy.
@pytest.mark.study
@pytest.mark.parametrize(
    "rule, optimiser, rate, wide, narrow",
    [
        ("sgd", "momentum", 0.01, (96, 99), (75, 92)),
        ("sgd", "adam", 0.001, (89, 97), (5, 65)),
        ("mixed_precision", "adam", 0.004, (91, 98), (5, 90)),
    ],
)
def test_eight_bits_of_state_cost_accuracy_and_sixteen_do_not(rule, optimiser, rate, wide, narrow):
    def accuracy(number_format):
        settings = read_settings(
            {
                "rule": rule,
                "epochs": 4,
                "batch": 8,
                "learning_rate": rate,
                "scheme_settings": {"optimiser": optimiser},
                "digital": {"format": number_format},
            }
        )
        history = train(
            archsim.load_network("digits_cnn"), load_dataset("digits"), settings
        ).history
        return 100 - history[-1]["test_error_percent"]

    exact = accuracy("fp32")
    assert wide[0] <= exact <= wide[1]
    assert abs(accuracy("int16") - exact) < 2
    assert narrow[0] <= accuracy("int8") <= narrow[1]
