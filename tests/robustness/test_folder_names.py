"""Is a folder that is named for a result one that may hold it?"""

import pytest

import archsim
from archsim.basics.folders import LOCK, kind_of
from tests.explore_points import SPACE


def space_file(folder):
    text = (
        'schema = 1\nnetwork = "lenet1"\narchitecture = "cim40"\n'
        '[axes]\n"tile.rows" = [64, 128]\n[objectives]\narea_mm2 = '
        '"minimise"\n'
    )
    (folder / "space.toml").write_text(text)


def test_a_run_in_the_folder_of_a_run_says_that_it_replaces_it(call, tmp_path):
    assert call("run", "lenet1", "--arch", "cim40", "--out", "one")[0] == 0
    code, _, err = call("run", "lenet1", "--arch", "cim40", "--images", "2", "--out", "one")
    assert code == 0 and "the run that was in one is replaced" in err
    assert kind_of(tmp_path / "one") == "run"


def test_a_report_goes_into_its_own_folder_or_one_without_results(call, tmp_path):
    assert (
        call("run", "lenet1", "--arch", "cim40", "--quiet", "--out", "one")[0]
        == call("run", "lenet1", "--arch", "cim40", "--quiet", "--out", "two")[0]
        == 0
    )
    before = (tmp_path / "two" / "report.html").read_bytes()
    code, _, err = call("report", "one", "--out", "two")
    assert (
        code == 2
        and "holds a run" in err
        and (tmp_path / "two" / "report.html").read_bytes() == before
    )
    assert (
        call("report", "one", "--out", "three")[0]
        == call("report", "one", "--out", "three")[0]
        == call("report", "one")[0]
        == 0
    )
    assert not list(tmp_path.rglob(LOCK))


def test_a_training_that_is_there_is_not_begun_anew(tmp_path):
    (tmp_path / "checkpoint.json").write_text("{}")
    with pytest.raises(archsim.InputError, match="holds a training already"):
        archsim.train("digits_cnn", images=8, folder=tmp_path)
    assert (tmp_path / "checkpoint.json").read_text() == "{}"


@pytest.mark.parametrize(
    "line",
    [
        "run lenet1 --out",
        "run lenet1 --trace-out",
        "run lenet1 --vcd",
        "run lenet1 --data",
        "run lenet1 --arch",
        "train digits_cnn --out",
        "train digits_cnn --device",
        "compare digits_cnn --out",
        "compare digits_cnn --schemes",
        "explore space.toml --out",
        "trace lenet1 --out",
        "report one --out",
        "show device rpu --out",
        "run",
        "report",
        "explain",
    ],
)
@pytest.mark.parametrize("word", ["", "  "], ids=["empty", "blank"])
def test_an_empty_word_is_refused(call, tmp_path, line, word):
    space_file(tmp_path)
    code, out, err = call(*line.split(), word)
    assert code == 2 and "empty" in err and out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["space.toml"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: archsim.train("digits_cnn", images=8, folder=""),
        lambda: archsim.compare("digits_cnn", "sgd", "cim40", images=8, folder=""),
        lambda: archsim.explore(SPACE, out=""),
    ],
    ids=["train", "compare", "explore"],
)
def test_an_empty_folder_name_is_not_the_current_folder(tmp_path, monkeypatch, ask):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(archsim.InputError, match="an empty path"):
        ask()
    assert list(tmp_path.iterdir()) == []
