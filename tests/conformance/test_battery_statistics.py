"""Does the battery pass a right rule and catch a wrong one, however rarely a weight moves?"""

from pathlib import Path

import numpy as np
import pytest

from archsim.conformance import NotConforming, cases_of
from archsim.conformance.checks import changes_weights_as_its_reference
from archsim.conformance.statistics import LEAST_TRIALS, judge, trials_needed
from archsim.schemes import list_schemes, own_file
from archsim.schemes.base import SCHEMES

CASES = Path(__file__).parents[1] / "cases"
SHAPE = (5, 7)


@pytest.fixture
def checked(tmp_path):
    """Runs the check on a file of the cases with a change of its text."""
    list_schemes()
    before = dict(SCHEMES)
    files = dict(own_file._loaded)

    def check(*change):
        path = tmp_path / "rule.py"
        text = (CASES / "sign_momentum_rule.py").read_text()
        assert not change or change[0] in text
        path.write_text(text.replace(*change) if change else text)
        changes_weights_as_its_reference(cases_of([own_file.load_scheme_file(path)])[0])

    yield check
    for table, kept in ((SCHEMES, before), (own_file._loaded, files)):
        table.clear()
        table.update(kept)


def test_a_right_rule_with_rare_events_passes(checked):
    checked()


@pytest.mark.parametrize(
    "wrong, named",
    [
        # five per cent too many pulses: no single weight shows it; and one line left out
        (
            (
                "np.minimum(1.0, np.abs(self.rate * momentum)",
                "np.minimum(1.0, 1.05 * np.abs(self.rate * momentum)",
            ),
            "sum of",
        ),
        (
            (
                "momentum = self.momenta",
                "self.gradients[layer.index][:, 4] = 0\n        momentum = self.momenta",
            ),
            "input 4",
        ),
    ],
)
def test_a_wrong_rule_is_caught_and_what_is_wrong_is_named(wrong, named, checked):
    with pytest.raises(NotConforming, match=named):
        checked(*wrong)


@pytest.mark.study
@pytest.mark.parametrize(
    "wrong, named",
    [
        # five per cent too few
        (
            (
                "np.minimum(1.0, np.abs(self.rate * momentum)",
                "np.minimum(1.0, 0.95 * np.abs(self.rate * momentum)",
            ),
            "sum of",
        ),
        # those of one output a fifth too many; the bias line in the wrong direction
        (
            (
                "drawn < probability",
                "drawn < probability * np.where(np.arange(len(drawn)) == 2, 1.2, 1)[:, None]",
            ),
            "output 2",
        ),
        (
            (
                "signed = np.where(drawn < probability, np.sign(momentum), 0)",
                "signed = np.where(drawn < probability, np.sign(momentum) * "
                "np.where(np.arange(drawn.shape[1]) == 6, -1, 1), 0)",
            ),
            "bias line",
        ),
        # the factor 1 - momentum forgotten
        (("(1 - share) * gradient", "gradient"), "sum of"),
    ],
)
def test_more_wrong_rules_are_caught_and_named(wrong, named, checked):
    with pytest.raises(NotConforming, match=named):
        checked(*wrong)


# --- the tests themselves, on changes of a known distribution


def rare(generator, trials, gain=1.0):
    """Steps of 0.01 with probabilities from 1 in 5,000 to one half."""
    chance = np.geomspace(2e-4, 0.5, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    sign = np.where(np.indices(SHAPE).sum(axis=0) % 2, 1, -1)
    return 0.01 * sign * (generator.random((trials, *SHAPE)) < gain * chance), 0.01 * sign * chance


def nearly_always(generator, trials, gain=1.0):
    """Steps of 0.01 that are left out once in two to 5,000 times."""
    changes, expected = rare(generator, trials, gain)
    return 0.01 * np.sign(expected) - changes, 0.01 * np.sign(expected) - expected


def noisy(generator, trials, gain=1.0):
    """Normal changes with a spread of 40 %."""
    expected = np.linspace(-0.02, 0.03, 35).reshape(SHAPE) + 0.001
    return expected * (gain + 0.4 * generator.standard_normal((trials, *SHAPE))), expected


def heavy(generator, trials, gain=1.0):
    """Lognormal changes: a few large ones carry the mean."""
    expected = np.full(SHAPE, 0.01)
    return expected * gain * np.exp(generator.normal(-0.5, 1.0, (trials, *SHAPE))), expected


def worst(draw, generator, gain=1.0, trials=None):
    changes, expected = draw(generator, LEAST_TRIALS, gain)
    references = np.broadcast_to(expected, changes.shape)
    more = trials_needed(changes, references) if trials is None else trials
    changes = np.concatenate([changes, draw(generator, more - LEAST_TRIALS, gain)[0]])
    return judge(changes, np.broadcast_to(expected, changes.shape))[0]


@pytest.mark.parametrize("draw", [rare, nearly_always, noisy, heavy])
def test_right_rules_are_not_called_wrong(draw):
    generator = np.random.default_rng(11)
    assert max(worst(draw, generator).excess for _ in range(25)) <= 1
    assert max(worst(draw, generator, trials=LEAST_TRIALS).excess for _ in range(25)) <= 1


@pytest.mark.study
@pytest.mark.parametrize("draw", [rare, nearly_always, noisy, heavy])
def test_the_stated_rate_of_false_alarms_is_kept(draw):
    """At most one right rule in 10,000: of 2,000 none or one (two have a probability of 0.02)."""
    generator = np.random.default_rng(12)
    assert sum(worst(draw, generator, trials=LEAST_TRIALS).excess > 1 for _ in range(2000)) <= 1


@pytest.mark.parametrize(
    "draw, gain",
    [(rare, 1.12), (rare, 0.88), (noisy, 1.04), (noisy, 0.96), (heavy, 1.06), (heavy, 0.94)],
)
def test_a_bias_of_a_few_per_cent_is_caught(draw, gain):
    generator = np.random.default_rng(13)
    findings = [worst(draw, generator, gain) for _ in range(20)]
    assert sum(finding.excess > 1 for finding in findings) >= 18
    # no single weight shows it as clearly
    assert sum("sum of" in finding.what for finding in findings) >= 15


def test_one_wrong_weight_is_the_one_that_is_named():
    generator = np.random.default_rng(14)
    for index in ((0, 0), (3, 2), (4, 6)):
        changes, expected = noisy(generator, 300)
        changes[:, *index] += 0.4 * np.abs(expected).max()
        line = "the bias line" if index[1] == 6 else f"input {index[1]}"
        assert (
            judge(changes, np.broadcast_to(expected, changes.shape))[0].what
            == f"the weight of output {index[0]} and {line}"
        )


def test_a_rule_without_chance_has_to_be_exact():
    expected = np.linspace(-0.02, 0.03, 35).reshape(SHAPE)
    changes = np.broadcast_to(expected, (150, *SHAPE)).copy()
    assert judge(changes, np.broadcast_to(expected, changes.shape))[0].excess <= 1
    changes[:, 1, 1] *= 1.001
    finding = judge(changes, np.broadcast_to(expected, changes.shape))[0]
    assert finding.excess > 1 and finding.what == "the weight of output 1 and input 1"


@pytest.mark.parametrize("weight", [(0, 0), (2, 3), (4, 6)])
def test_a_weight_that_is_no_number_is_the_worst(weight):
    references = np.full((LEAST_TRIALS, *SHAPE), 0.1)
    changes = references.copy()
    changes[:, *weight] = np.nan
    assert judge(changes, references)[0].excess == float("inf")


def test_weights_that_rest_as_they_should_depart_in_nothing():
    nothing = np.zeros((LEAST_TRIALS, *SHAPE))
    assert judge(nothing, nothing)[0].excess == 0
