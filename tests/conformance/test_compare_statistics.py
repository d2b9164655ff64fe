"""Do mean, deviation and paired differences of a comparison follow by hand from its seeds?"""

import math

import pytest

from archsim.comparison.document import Comparison
from archsim.comparison.rows import (
    EXACT,
    SchemeRuns,
    TrialRecord,
    TuningRecord,
    seed_facts,
    stored_runs,
)
from archsim.comparison.statistics import deviation_of, mean_of, paired_differences
from archsim.report.comparison.page import load_comparison
from tests.data_comparison import make_comparison
from tests.near import near

ACCURACIES = {"sgd": (97.0, 98.0, 99.0), "rpu": (95.0, 97.0, 96.0)}


def runs_of(document, accuracies):
    """Documents of a scheme, one for each seed, with these accuracies."""
    runs = []
    for seed, accuracy in enumerate(accuracies):
        one = document | {"accuracy_percent": accuracy}
        one["training"] = document["training"] | {
            "settings": document["training"]["settings"] | {"seed": seed}
        }
        one["epochs"] = [document["epochs"][0] | {"test_error_percent": 100.0 - accuracy}]
        runs.append(one)
    return runs


@pytest.fixture
def compared():
    made = make_comparison(tuple(ACCURACIES))
    runs = {
        document["label"]: runs_of(document, ACCURACIES[document["label"]])
        for document in made["schemes"]
    }
    first = [documents[0] for documents in runs.values()]
    facts = {
        label: SchemeRuns([seed_facts(document) for document in documents])
        for label, documents in runs.items()
    }
    return Comparison(first, {}, runs=facts)


def test_rows_hold_mean_and_deviation(compared):
    sgd, rpu = compared.rows
    # (97 + 98 + 99) / 3; deviations -1, 0, 1: sqrt(2 / 2)
    assert (sgd["accuracy_percent"], sgd["accuracy_std"], sgd["seeds"]) == (98.0, 1.0, 3)
    assert (rpu["accuracy_percent"], rpu["accuracy_std"], rpu["seeds"]) == (96.0, 1.0, 3)


def test_differences_are_paired_by_seed(compared):
    pairs = [pair for pair in paired_differences(compared.seed_rows)]
    (pair,) = [pair for pair in pairs if pair.quantity == "accuracy_percent"]
    # by seed 2, 1, 3: mean 2, deviations 0, -1, 1, so 1 / sqrt(3); unpaired it were sqrt(2 / 3)
    assert (pair.a, pair.b, pair.seeds, pair.mean) == ("sgd", "rpu", 3, 2.0)
    assert pair.standard_error == near(1 / math.sqrt(3))


def test_one_seed_has_no_deviation_and_no_pairs(compared):
    single = Comparison(compared.results, {})
    assert [row["accuracy_std"] for row in single.rows] == [None, None]
    assert single.to_dict()["paired"] == []
    assert deviation_of([3.0]) is None and mean_of([]) is None


def test_seeds_that_only_one_has_are_left_out(compared):
    rows = compared.seed_rows
    rows[1]["seeds"] = rows[1]["seeds"][1:]
    (pair, *_) = paired_differences(rows)
    # seeds 1 and 2: differences 1 and 3
    assert (pair.seeds, pair.mean, pair.standard_error) == (2, 2.0, 1.0)


def test_a_comparison_refuses_assignment_and_is_judged_as_a_new_one(compared):
    with pytest.raises(AttributeError, match="cannot assign"):
        compared.standing = None
    judged = compared.judge()
    assert judged is not compared and judged.results is compared.results
    assert (compared.standing.draws, judged.standing.draws > 0) == (0, True)


def test_the_document_reads_as_it_was_written(compared, tmp_path):
    trials = [TrialRecord(0, {"learning_rate": 0.1}, 90.0), TrialRecord(1, {}, None, "refused")]
    sgd = compared.results[0]["label"]
    compared.runs[sgd] = SchemeRuns(compared.runs[sgd].seeds, TuningRecord(trials, 0), ("warned",))
    compared.save(tmp_path)
    document = load_comparison(tmp_path / "compare.json")
    row = document["rows"][0]
    assert row["tuning"]["chosen"] == {"learning_rate": 0.1}
    assert [trial["validation_accuracy_percent"] for trial in row["tuning"]["trials"]] == [90, None]
    assert (row["flags"], row["device"]) == (["warned"], compared.results[0]["device"] or EXACT)
    assert [seed["seed"] for seed in row["seeds"]] == [0, 1, 2]
    assert stored_runs(row).row(document["schemes"][0]) == row
    text = (tmp_path / "compare.csv").read_text().splitlines()
    head, first = (line.split(",") for line in text[:2])
    assert first[head.index("accuracy_std")] == "1.0" and first[head.index("trials")] == "2"
