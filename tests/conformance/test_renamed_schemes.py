"""Does an update rule keep what it is under another name? Names decide nothing: what a rule
declares does.
"""

import numpy as np
import pytest

import archsim
from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.base import SCHEMES, register
from archsim.training.setup import settings_of
from hwlib.errors import InputError
from workloads.datasets import load_dataset

BUILT_IN = [
    name for name in list_schemes() if type(load_scheme(name)).__module__.startswith("archsim.")
]


@pytest.fixture
def renamed():
    made = []

    def rename(name, **members):
        kind = type(load_scheme(name))
        twin = register(
            type(
                f"Renamed{kind.__name__}",
                (kind,),
                {"name": f"my_{name}", "__module__": __name__, **members},
            )
        )
        made.append(twin.name)
        return twin()

    yield rename
    for name in made:
        SCHEMES.pop(name, None)


def outcome(scheme):
    trained = archsim.train(
        "digits_cnn", data=load_dataset("digits").first(train=16), scheme=scheme, epochs=1, seed=3
    )
    document = {
        key: value
        for key, value in trained.to_dict().items()
        if key not in ("scheme", "notes", "epochs", "training", "settings")
    }
    return trained, document


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_renamed_rule_trains_to_the_same_bits_at_the_same_price(name, renamed):
    one, document = outcome(load_scheme(name))
    other, twin = outcome(renamed(name))
    assert other.chip == one.chip and twin == document
    assert all(
        np.array_equal(weights, other.trained.weights[layer])
        for layer, weights in one.trained.weights.items()
    )
    assert other.trained.totals == one.trained.totals
    for key in ("test_error_percent", "train_loss", "test_loss"):
        assert other.epochs[0][key] == one.epochs[0][key]


def test_a_subclass_with_a_device_of_its_own_trains_on_it(renamed):
    settings, _ = settings_of(
        archsim.load_architecture("rpu"),
        renamed("rpu", device="ecram"),
        epochs=1,
        batch=1,
        seed=0,
        device=None,
        changes=None,
    )
    assert settings.device == "ecram"


@pytest.mark.parametrize("parent", ["rpu", "sgd"])
def test_a_subclass_with_a_rule_of_its_own_is_trained_by_that(parent, renamed):
    own = renamed(parent, rule=lambda self, layers, rate, batch, seed: None)
    assert own.core == "own"
    off_arrays = {"weights_in": "memory"} if parent == "sgd" else None
    assert load_scheme(parent, off_arrays).core in ("rpu", "float")


@pytest.mark.parametrize(
    "settings", [{"epsilon": 2.5e-9}, {"momentum": 0.5}, {"beta1": 0.8}, {"beta2": 0.9}]
)
def test_a_setting_that_plain_sgd_does_not_use_changes_no_bit(settings):
    one, document = outcome(load_scheme("sgd"))
    other, twin = outcome(load_scheme("sgd", settings))
    assert (document.pop("unused"), twin.pop("unused")) == (
        [],
        [f"scheme.{name}" for name in settings],
    )
    assert twin == document
    assert all(
        np.array_equal(weights, other.trained.weights[layer])
        for layer, weights in one.trained.weights.items()
    )


@pytest.mark.parametrize(
    "name, settings, words",
    [
        ("sbe", {"estimator": "svd"}, "allowed: sbe"),
        ("sbe", {"estimator": "sbpca"}, "allowed: sbe"),
        ("sbe", {"rank": 2}, "rank"),
        ("lrt", {"estimator": "svd"}, "allowed: lrt"),
        ("sbpca", {"estimator": "sbe"}, "allowed: sbpca, svd"),
        ("sbpca", {"estimator": "lrt"}, "allowed: sbpca, svd"),
        ("dsc", {"length": 16}, "length"),
        ("dsc", {"encoding": "bipolar"}, "allowed: sign_magnitude"),
        ("tiki_taka", {"version": "v3"}, "did you mean 'v2'|did you mean 'v1'"),
        ("rpu", {"zzz": 1}, "allowed: update_management"),
    ],
)
def test_a_name_of_a_paper_does_not_run_the_rule_of_another(name, settings, words):
    for scheme in (name, load_scheme(name)):  # by name, and on top of a scheme that is there
        with pytest.raises(InputError, match=words):
            load_scheme(scheme, settings)


def test_a_reference_under_the_name_of_a_rule_says_so():
    assert any(
        "not the rule" in note
        for note in archsim.simulate(
            "digits_cnn",
            "rpu",
            load_scheme("sbpca", {"estimator": "svd"}),
            phase="training",
            timing=False,
        ).notes
    )


def test_the_rules_of_the_core_refuse_settings_of_a_scheme():
    from archsim.training.settings import read_settings

    with pytest.raises(InputError, match="no scheme_settings"):
        read_settings({"rule": "rpu", "scheme_settings": {"update_management": False}})
