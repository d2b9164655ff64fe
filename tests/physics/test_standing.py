"""Does a guard hold back what learnt nothing, and what would be another with more epochs?"""

import numpy as np
import pytest

from archsim.training.standing import HeldOut, at_chance, chance_bound, guards_of, not_settled

EVEN = HeldOut(1000, 10, 10.0)


def test_the_bound_is_that_of_the_binomial():
    # 100 images of 10 classes: P(X > 20) = 0.00081, P(X > 19) = 0.0020 (tables of the binomial)
    assert chance_bound(100, 0.1) == 20
    generator = np.random.default_rng(0)
    drawn = generator.binomial(400, 0.25, 200_000)
    assert np.mean(drawn > chance_bound(400, 0.25)) < 1.3e-3
    assert np.mean(drawn > chance_bound(400, 0.25) - 1) > 0.9e-3


def test_always_the_most_frequent_class_is_chance():
    # 1135 of MNIST's 10000 test images are ones: saying so is right in 11.35 %
    labels = np.repeat(np.arange(10), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    tested = HeldOut.of_labels(labels, 10)
    assert (tested.images, tested.largest_class_percent) == (10_000, 11.35)
    assert at_chance(11.35, tested) and not at_chance(13.0, tested)


def test_8_7_percent_of_12_classes_is_chance():
    text = at_chance(8.7, HeldOut(300, 12, 9.0))
    assert text.startswith("at chance: 8.70 % of 12 classes")


@pytest.mark.parametrize(
    ("errors", "settled"),
    [
        ([20.0, 10.0], False),  # too few epochs to say
        ([20.0, 10.0, 10.0], True),
        ([60.0, 40.0, 20.0], False),
        ([60.0, 20.0, 18.5], True),  # less than a tenth
        ([60.0, 5.0, 4.0], True),  # a fifth, but within 2 x 0.69 % of 1000 images
        ([60.0, 50, 9.0, 9.2, 8.9, 9.1], True),
        ([60.0, 50, 30.0, 25.0, 20.0, 15.0], False),
    ],
)
def test_a_training_has_settled_where_the_last_third_adds_nothing(errors, settled):
    assert (not_settled(errors, EVEN) == "") == settled


def test_a_document_without_a_test_set_is_held_to_its_epochs():
    document = {
        "accuracy_percent": 10.0,
        "epochs": [{"test_error_percent": 90.0}] * 3,
        "training": {},
    }
    assert guards_of(document) == []
    assert guards_of(document | {"epochs": []})[0].startswith("not settled: 0 epochs")
