"""Are a sweep, a study's tables and its costs made again from what was kept?"""

import json
import sys

import pytest

from archsim.cli.main import main
from archsim.exploration import explore
from archsim.exploration.store.kept import reprice_sweep
from archsim.studies import low_rank_costs
from archsim.studies.moved import differences
from archsim.studies.study_file import load_study
from archsim.studies.training import run_row
from hwlib.errors import InputError

SPACE = {
    "schema": 1,
    "name": "small",
    "network": "digits_cnn",
    "architecture": "cim40",
    "phase": "training",
    "scheme": "rpu",
    "axes": {"tile.rows": [64, 128]},
    "objectives": {"area_mm2": "minimise", "accuracy_percent": "maximise"},
    "rungs": [
        {"kind": "price"},
        {"kind": "timing"},
        {"kind": "training", "points": 1, "epochs": 1, "images": 60, "test_images": 60},
    ],
}


def test_a_sweep_prices_its_trained_designs_again(tmp_path, untrained):
    untrained.undo()
    before = explore(SPACE, out=tmp_path)
    untrained.setattr("archsim.training.loop.train", None)
    for module in ("sweep", "ladder", "work.stored_runs"):
        untrained.setattr(
            sys.modules[f"archsim.exploration.{module}"], "code_version", lambda: "another"
        )
    after, missing = reprice_sweep(tmp_path)
    assert missing == [] and after.counts["new"] == 5  # both designs on two rungs, one trained
    assert list(after.top.rows()) == list(before.top.rows())
    again, _ = reprice_sweep(tmp_path)
    assert again.counts["new"] == 0


STUDY = """title = "small"
network = "digits_cnn"
data = "digits"
mean_of_last = 1
[settings]
epochs = 1
images_per_epoch = 60
learning_rate = 0.01
[[row]]
name = "rpu"
title = "pulses"
published_text = "none"
[[priced]]
table = "silicon"
row = "rpu"
arch = "cim40"
[[priced]]
table = "activity"
arch = "rpu"
"""


def test_a_study_makes_its_priced_tables_again(tmp_path, untrained, capsys):
    untrained.undo()
    (tmp_path / "study.toml").write_text(STUDY)
    study = load_study(tmp_path / "study.toml")
    run_row(study, study.rows[0], 1)
    untrained.setattr("archsim.training.loop.train", None)
    assert main(["report", str(tmp_path), "--reprice", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["now"] for row in told["moved"]} == {"new"} and told["missing"] == []
    table = (tmp_path / "silicon.csv").read_text()
    assert main(["report", str(tmp_path), "--reprice", "--json"]) == 0
    assert (
        json.loads(capsys.readouterr().out)["moved"] == []
        and (tmp_path / "silicon.csv").read_text() == table
    )
    (tmp_path / "history" / "rpu-1.json").write_text("{}")
    assert main(["report", str(tmp_path), "--reprice"]) == 2


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("table = 'silicone'", "silicon"),
        ("table = 'silicon'\nrow = 'rpu'", "arch"),
        ("table = 'activity'\narch = 'rpu'\nrow = 'x'", "row"),
    ],
)
def test_a_wrong_entry_of_a_priced_table_is_refused(tmp_path, entry, words):
    (tmp_path / "study.toml").write_text(
        STUDY[: STUDY.index("[[priced]]")] + f"[[priced]]\n{entry}\n"
    )
    with pytest.raises(InputError, match=words):
        load_study(tmp_path / "study.toml")


@pytest.mark.parametrize(
    ("words", "published"),
    [
        ("", "not stated"),
        ("published_percent = 2.5", "2.5"),
        ("published_percent = 2.5\ntolerance_percent = 0.5", "2.5 ± 0.5"),
        ("published_text = '> 10'", "> 10"),
    ],
)
def test_a_row_says_what_its_paper_states_and_no_more(tmp_path, words, published):
    # a twin or a seed of our own has nothing in the paper, and its name is title enough
    (tmp_path / "study.toml").write_text(STUDY + f"\n[[row]]\nname = 'twin'\n{words}\n")
    row = load_study(tmp_path / "study.toml").rows[-1]
    assert (row.title, row.published) == ("twin", published)


@pytest.mark.parametrize("field", ["published_percent", "tolerance_percent", "mean_of_last"])
def test_a_number_of_a_study_is_a_number(tmp_path, field):
    text = f"{field} = 'some'\n"
    rows = f"\n[[row]]\nname = 'twin'\n{text}"
    other = STUDY.replace("mean_of_last = 1\n", "")
    study = text + other if field == "mean_of_last" else STUDY + rows
    (tmp_path / "study.toml").write_text(study)
    with pytest.raises(InputError, match=field):
        load_study(tmp_path / "study.toml")


def test_a_table_of_costs_is_made_again_from_what_it_kept(folders, tmp_path, untrained):
    document = json.loads((folders / "train" / "result.json").read_text())
    low_rank_costs.write(tmp_path / "costs.csv", {"pulses": document})
    table = (tmp_path / "costs.csv").read_text()
    low_rank_costs.write_again(tmp_path / "costs.csv")
    assert (tmp_path / "costs.csv").read_text() == table
    (tmp_path / "costs.json").unlink()
    with pytest.raises(InputError):
        low_rank_costs.write_again(tmp_path / "costs.csv")


def test_differences_match_rows_by_their_texts():
    before = [
        {"name": "a", "x": "1", "y": 2.0},
        {"name": "b", "x": "3", "y": None},
        {"name": "c", "x": 1},
    ]
    now = [
        {"name": "b", "x": 3, "y": 1.0},
        {"name": "a", "x": 1.0, "y": 3.0},
        {"name": "d", "x": 1},
    ]
    moved, compared = differences(before, now)
    told = {(row["row"], row["quantity"]): (row["before"], row["now"]) for row in moved}
    assert told == {
        ("b", "y"): (None, 1.0),
        ("a", "y"): (2.0, 3.0),
        ("d", ""): (None, "new"),
        ("c", ""): ("there", None),
    }
    assert compared == 4
