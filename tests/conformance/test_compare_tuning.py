"""Is tuning fair, blind to the test set, and resumable? Every rule gets the same trials at the same
places of its own ranges; each is kept as soon as it ends.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import archsim
from archsim.comparison import chosen_variants, rounds
from archsim.comparison.rows import TrialRecord
from archsim.comparison.split import MOST_IMAGES, MOST_VALIDATION, split_of
from archsim.comparison.terms import Terms
from archsim.comparison.tuning import chosen_of, drawn_settings, tuned_axes, with_settings
from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.tuned import RATE, Tuned
from archsim.training.settings import TrainingSettings
from hwlib.errors import InputError
from tests.members import every
from tests.near import near
from workloads.datasets import load_dataset

FAST = {"images": 60, "seeds": 2, "tune": 3}
SCHEMES = ["sgd", "rpu"]


def terms(trials, seed=0, **more):
    return Terms(trials=trials, seed=seed, split=split_of(100, seed), **more)


@every("name", list_schemes())
def test_every_scheme_declares_what_is_tuned(name):
    scheme = load_scheme(name)
    assert 1 <= len(scheme.tuned) <= 2
    known = {*type(scheme).model_fields, *(f"training.{n}" for n in TrainingSettings.model_fields)}
    assert {axis.name for axis in scheme.tuned} <= known
    (variant,) = chosen_variants(name)
    assert tuned_axes(variant, terms(2)) == [RATE, *scheme.tuned]  # all of them are used


def test_every_scheme_gets_the_same_trials():
    drawn = {v.label: drawn_settings(v, terms(5)) for v in chosen_variants("all")}
    assert {len(settings) for settings in drawn.values()} == {5}
    suggested = {name: load_scheme(name).suggested["learning_rate"] for name in drawn}
    factors = {
        name: [settings["learning_rate"] / suggested[name] for settings in trials]
        for name, trials in drawn.items()
    }
    first = factors.pop("sgd")
    assert first[0] == 1  # what it suggests itself
    assert all(1 / 8 <= factor <= 8 for factor in first) and len(set(first)) == 5
    for name, others in factors.items():
        assert others == near(first, rel=1e-3), name  # four digits are kept


def test_more_trials_go_on_from_fewer_and_a_seed_draws_others():
    (variant,) = chosen_variants("tiki_taka")
    few = drawn_settings(variant, terms(3))
    assert drawn_settings(variant, terms(6))[:3] == few
    assert drawn_settings(variant, terms(3, seed=1))[1:] != few[1:]
    assert all(isinstance(settings["transfer_every"], int) for settings in few)


def test_what_a_variant_names_is_not_tuned():
    (variant,) = chosen_variants("tiki_taka:transfer_every=3:training.learning_rate=0.1")
    assert [axis.name for axis in tuned_axes(variant, terms(2))] == ["fast_rate"]
    tuned = with_settings(variant, drawn_settings(variant, terms(2))[1])
    assert (tuned.scheme.transfer_every, tuned.training["learning_rate"]) == (3, 0.1)
    assert tuned.scheme.fast_rate != variant.scheme.fast_rate and tuned.label == variant.label


@pytest.mark.parametrize(
    "axis, ends",
    [
        (Tuned("a", 1, 10, "log"), (1, 10)),
        (Tuned("a", 0.5, 2.0, "log"), (0.5, 2.0)),
        (Tuned("a", 4, 9), (4, 9)),
        (Tuned("a", choices=(True, False)), (True, False)),
    ],
)
def test_a_share_is_a_value_of_the_range(axis, ends):
    values = [axis.at(share) for share in (0.0, 1 - 1e-9)]
    assert values == near(ends, rel=1e-3)
    assert all(type(value) is type(ends[0]) for value in values)


def test_the_middle_of_a_logarithmic_range_is_its_geometric_mean():
    assert Tuned("a", 0.5, 2.0, "log").at(0.5) == 1.0
    assert Tuned("a", 0.0, 2.0).at(0.25) == 0.5


@pytest.mark.parametrize("bad", [{"low": 2.0, "high": 1.0}, {"high": 1.0, "scale": "log"}, {}])
def test_a_range_that_is_none_is_refused(bad):
    with pytest.raises(InputError, match="range or two choices"):
        Tuned("a", **bad)


def test_the_split_never_touches_the_test_set_and_holds_images_out():
    data = load_dataset("digits").first(train=100)
    part = split_of(100, 7).of(data)
    assert (len(part.train_labels), len(part.test_labels)) == (80, 20)
    kept = {image.tobytes() for image in data.train_images}
    trained, held_out = (
        {image.tobytes() for image in images} for images in (part.train_images, part.test_images)
    )
    assert trained | held_out <= kept and not trained & held_out
    blind = dataclasses.replace(data, test_images=np.zeros_like(data.test_images))
    again = split_of(100, 7).of(blind)
    assert np.array_equal(again.train_images, part.train_images)
    assert np.array_equal(again.test_images, part.test_images)
    large = split_of(60_000, 0)
    assert (large.images, large.validation) == (MOST_IMAGES, MOST_VALIDATION)


def test_the_best_trial_is_chosen_and_the_first_of_equal_ones():
    trials = [
        TrialRecord(0, {"learning_rate": 1.0}, 90.0),
        TrialRecord(1, {"learning_rate": 2.0}, None, "refused"),
        TrialRecord(2, {"learning_rate": 3.0}, 95.0),
        TrialRecord(3, {"learning_rate": 4.0}, 95.0),
    ]
    assert chosen_of(trials).chosen_trial == 2
    assert chosen_of(trials[1:2]) is None


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned")
    return folder, archsim.compare("digits_cnn", SCHEMES, folder=folder, **FAST)


def test_a_tuned_comparison_says_what_it_tried_and_took(tuned):
    _, compared = tuned
    for row, document in zip(compared.seed_rows, compared.results):
        trials = row["tuning"]["trials"]
        assert [trial["number"] for trial in trials] == [0, 1, 2]
        best = max(trial["validation_accuracy_percent"] for trial in trials)
        chosen = trials[row["tuning"]["chosen_trial"]]
        assert chosen["validation_accuracy_percent"] == best
        assert chosen["settings"] == row["tuning"]["chosen"]
        settings = document["training"]["settings"]
        assert settings["learning_rate"] == chosen["settings"]["learning_rate"]
        assert [run["seed"] for run in row["seeds"]] == [0, 1]
        assert document["training"]["images"] == 60  # trials saw 48 of them, judged by 12
    assert compared.terms["tuning"] == {"trials": 3, "images": 48, "validation_images": 12}
    assert compared.terms["number_format"] == {"vector_unit.format": "int16", "read.output_bits": 8}
    assert [pair["quantity"] for pair in compared.to_dict()["paired"]] == [
        "accuracy_percent",
        "energy_per_image_j",
        "latency_per_image_s",
    ]


def test_a_kill_in_the_middle_of_tuning_costs_one_trial(tuned, tmp_path, monkeypatch):
    _, compared = tuned
    ran = []

    def killed_at_third(orders, told):
        from archsim.comparison.worker import run_scheme

        for number, order in enumerate(orders):
            if len(ran) == 3:
                raise KeyboardInterrupt
            ran.append(order.label)
            yield number, run_scheme(order)

    module = __import__("sys").modules["archsim.comparison.run"]
    monkeypatch.setattr(module, "run_here", killed_at_third)
    with pytest.raises(KeyboardInterrupt):
        archsim.compare("digits_cnn", SCHEMES, folder=tmp_path, **FAST)
    kept = sorted(path.parent.name for path in Path(tmp_path).glob("*/trial.json"))
    assert kept == ["sgd--trial-0", "sgd--trial-1", "sgd--trial-2"]
    monkeypatch.undo()
    labels = []
    again = archsim.compare(
        "digits_cnn",
        SCHEMES,
        folder=tmp_path,
        resume=True,
        progress=lambda statuses: labels.extend(
            status.label for status in statuses if status.state == "running"
        ),
        **FAST,
    )
    assert not any(label.startswith("sgd, trial") for label in labels)
    assert timeless(again.seed_rows) == timeless(compared.seed_rows)


def timeless(rows):
    text = json.dumps(rows)
    rows = json.loads(text)
    for row in rows:
        for run in row["seeds"]:
            del run["images_per_second"]
    return rows


def test_more_trials_keep_those_that_are_there(tuned):
    folder, compared = tuned
    more = archsim.compare("digits_cnn", SCHEMES, folder=folder, resume=True, **FAST | {"tune": 4})
    for before, after in zip(compared.seed_rows, more.seed_rows):
        assert after["tuning"]["trials"][:3] == before["tuning"]["trials"]
        assert len(after["tuning"]["trials"]) == 4


def test_trials_of_other_images_are_worked_out_anew(tuned):
    folder, _ = tuned
    again = archsim.compare(
        "digits_cnn", SCHEMES, folder=folder, resume=True, **FAST | {"tune_images": 30}
    )
    assert sum("trial" in note and "data" in note for note in again.notes) == 6


def test_a_scheme_of_which_no_trial_trains_is_refused_with_its_reason(monkeypatch):
    from archsim.comparison.worker import Outcome

    outcome = Outcome("refused", reason="no device")
    (variant,) = chosen_variants("sgd")
    drawn = drawn_settings(variant, terms(2))
    order = rounds.Order(variant, None, None, "digits", terms(2), 0, None)
    trials = [
        dataclasses.replace(order, trial=number, settings=settings)
        for number, settings in enumerate(drawn)
    ]
    tunings, refused = rounds._tuned([variant], trials, {0: outcome, 1: outcome})
    assert tunings == {"sgd": None} and refused["sgd"].reason == "no device"


def test_a_device_for_all_leaves_the_digital_baseline_alone():
    schemes = ["sgd:weights_in=memory", "rpu"]
    compared = archsim.compare("digits_cnn", schemes, "cim40", images=30, device="ecram")
    assert [row["device"] for row in compared.rows] == ["exact", "ecram"]
    assert compared.terms["device"] == "ecram"
    own = archsim.compare("digits_cnn", ["rpu"], "cim40", images=30)
    assert [row["device"] for row in own.rows] == ["gokmen2016"]
