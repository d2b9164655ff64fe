"""Does every form of the events keep its promises: an option of its own, a file that is whole or not
there, and a run that does not notice it?
"""

import csv
from collections import Counter

import pytest

import archsim
from archsim.chip import load_architecture
from archsim.cli.main import main
from archsim.soc import operation_run
from archsim.soc.observers import FORMATS, EventTable, Observer
from docs.from_code.events import events_page
from hwlib.errors import InputError

form = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.option)


def simulate(**options):
    chip = load_architecture("wu2023", {"execution.mode": "pipelined"})
    return archsim.simulate("lenet1", chip, **options)


@pytest.fixture(scope="module")
def unwatched():
    return simulate()


@form
def test_a_form_writes_its_file_and_changes_nothing(form, unwatched, tmp_path):
    path = tmp_path / f"run{form.suffix}"
    observer = form.observer(path)
    assert isinstance(observer, Observer)
    assert simulate(observers=[observer]) == unwatched
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_size > 0


@form
def test_a_form_that_is_cut_says_so(form, tmp_path):
    observer = form.observer(tmp_path / "run")
    if not hasattr(observer, "limit"):
        pytest.skip("no part of it grows with the events")
    observer.limit = 7
    result = simulate(observers=[observer])
    assert [note for note in result.notes if note.startswith("run: ") and "7" in note]


@form
def test_a_run_that_fails_leaves_no_file(form, tmp_path, monkeypatch):
    def broken(run, drain):
        raise RuntimeError("broken on purpose")
        yield

    monkeypatch.setattr(operation_run, "drain_results", broken)
    with pytest.raises(RuntimeError, match="on purpose"):
        simulate(observers=[form.observer(tmp_path / "run")])
    assert list(tmp_path.iterdir()) == []


@form
def test_a_file_that_cannot_be_written_is_refused(form, tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        simulate(observers=[form.observer(tmp_path)])


@form
def test_a_form_is_an_option_of_the_command(form, capsys, tmp_path):
    assert main(["run", "--help"]) == 0
    assert form.option in capsys.readouterr().out
    path = tmp_path / "events"
    assert main(["run", "mlp", "--arch", "cim40", "--quiet", form.option, str(path)]) == 0
    assert path.stat().st_size > 0


@form
def test_a_form_needs_time_and_a_file_of_its_own(form, capsys, tmp_path):
    path = str(tmp_path / "events")
    assert main(["run", "mlp", "--arch", "cim40", "--no-timing", form.option, path]) == 2
    assert form.option in capsys.readouterr().err
    other = next(one for one in FORMATS if one is not form)
    assert main(["run", "mlp", "--arch", "cim40", form.option, path, other.option, path]) == 2
    assert "one file for two forms" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_manual_describes_every_form_without_a_line_by_hand():
    text = events_page()
    assert [form.option for form in FORMATS if f"## `{form.option}`" not in text] == []
    assert [form.option for form in FORMATS if form.help not in text] == []


def test_the_rows_of_the_table_are_the_events_of_the_result(tmp_path):
    path = tmp_path / "run.csv"
    result = simulate(images=2, observers=[EventTable(path)])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    busy = Counter()
    jobs = Counter()
    spans = []
    for row in rows:
        begin, end = int(row["begin"]), int(row["end"])
        assert begin <= end <= result.cycles
        if row["event"] == "service":
            assert int(row["asked"]) <= begin
            busy[row["where"]] += end - begin
        elif row["event"] == "tile_job":
            jobs[row["where"]] += 1
        else:
            spans.append((row["operation"], int(row["image"]), begin, end))
    resources = {row["name"]: row for row in result.resources}
    assert busy == {
        name: row["busy_cycles"]
        for name, row in resources.items()
        if row["kind"] != "tile" and row["busy_cycles"]
    }
    assert jobs == {layer: resources[f"tiles:{layer}"]["requests"] for layer in jobs}
    assert set(jobs) == {row["layer"] for row in result.timeline}
    assert sorted(spans) == sorted(
        (row["operation"], row["image"], row["start"], row["end"]) for row in result.timeline
    )
