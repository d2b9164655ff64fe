"""The study of low-rank gradients from its file to its tables, on a small perceptron and the
digits.
"""

import csv

import pytest

from archsim.studies import batches, low_rank, low_rank_costs

NETWORK = """schema = 1
name = "small"
input = [64]
[[layer]]
name = "w1"
operator = "linear"
features = 12
bias = false
[[layer]]
name = "relu"
operator = "relu"
[[layer]]
name = "w2"
operator = "linear"
features = 10
bias = false
"""
STUDY = """title = "small"
source = "none"
network = "{network}"
data = "digits"
mean_of_last = 1
[settings]
rule = "float"
learning_rate = 0.2
epochs = 2
batch = 64
device = "none"
[settings.read]
input_bits = 0
output_bits = 0
output_bound = 0.0
output_noise = 0.0
noise_management = "off"
bound_management = "off"
[[row]]
name = "gd"
title = "full gradient"
published_text = "none"
[[row]]
name = "two"
title = "rank 2"
published_text = "none"
seeds = [1, 2]
settings = {{ rule = "sbpca", scheme_settings = {{ rank = 2 }} }}
"""


def lines(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def study(tmp_path):
    (tmp_path / "small.toml").write_text(NETWORK, encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        STUDY.format(network=(tmp_path / "small.toml").as_posix()), encoding="utf-8"
    )
    (tmp_path / "reference.csv").write_text(
        "row,epoch,test_accuracy_percent\ntwo,2,50.0\n", encoding="utf-8"
    )
    return tmp_path / "study.toml"


def test_from_the_file_to_the_tables(study, capsys):
    folder = study.parent
    assert batches.main([str(study)]) == 0
    assert capsys.readouterr().out.count("seed") == 6
    # finished rows stay as they are
    assert batches.main([str(study)]) == 0 and "seed" not in capsys.readouterr().out
    assert low_rank.main([str(study)]) == 0
    accuracy = lines(folder / "accuracy.csv")
    wanted = [("two", seed, epoch) for seed in "12" for epoch in "12"]
    assert [(line["row"], line["seed"], line["epoch"]) for line in accuracy[2:]] == wanted
    assert float(accuracy[3]["difference"]) == pytest.approx(
        float(accuracy[3]["test_accuracy_percent"]) - 50, abs=0.006
    )
    assert accuracy[0]["difference"] == ""
    counts = {line["layer"]: line for line in lines(folder / "counts.csv")}
    assert float(counts["w1"]["state_words"]) == 2 * (12 + 64 + 1)
    assert float(counts["w1"]["published_multiplies_a_sample"]) == 2 * (3 * 12 + 2 * 64)
    more = float(counts["w1"]["multiplies_a_sample"]) / float(
        counts["w1"]["published_multiplies_a_sample"]
    )
    assert 1 < more < 1.2  # the closed form leaves out the orthonormalisation of a sub-batch
    for name in ("table.md", "errors.png", "errors.svg", "accuracy.png", "accuracy.svg"):
        assert (folder / name).stat().st_size > 0


def test_faults_are_named(study, tmp_path, capsys):
    assert low_rank.main([str(study)]) == 2
    assert "no row of this study has been trained" in capsys.readouterr().err
    assert low_rank.main([]) == 2 and low_rank_costs.main([]) == 2
    text = (
        study.read_text(encoding="utf-8")
        .replace("output_noise = 0.0", "output_noise = 0.1")
        .replace('rule = "float"', 'rule = "sgd"')
    )
    study.write_text(text, encoding="utf-8")
    assert batches.main([str(study)]) == 2
    assert "exact reads" in capsys.readouterr().err
