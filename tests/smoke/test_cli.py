"""The commands as a user types them: what they print, where, and with which exit code."""

import csv
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from archsim.cli import main as cli
from archsim.run.result import Result
from archsim.run.result_schema import check_document
from tests.near import near

ROOT = Path(__file__).parents[2]


def shell(*line, **options):
    return subprocess.run(
        [sys.executable, "-m", "archsim.cli.main", *map(str, line)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        **options,
    )


def test_help_names_every_command():
    """What makes it quick, no heavy import, is proven in test_imports; how quick it is,
    benchmarks/bench_start.py prints.
    """
    done = shell("--help")
    assert done.returncode == 0 and all(command in done.stdout for command in cli.COMMANDS)


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_helps(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0 and f"archsim {command}" in out and "--json" in out


def test_version(call):
    code, out, _ = call("--version")
    assert code == 0 and out.startswith("archsim ")


def test_run_prints_a_table(call):
    code, out, _ = call("run", "lenet1", "--arch", "wu2023")
    assert code == 0 and "mm²" in out and "W" in out and "conv1" in out


def test_run_json_is_all_there_is_on_stdout(call):
    code, out, _ = call("run", "lenet1", "--arch", "cim40", "--json")
    document = check_document(json.loads(out), "stdout")
    assert code == 0 and document["network"] == "lenet1" and document["architecture"] == "cim40"
    for rows in (
        document["by_component"].values(),
        document["by_layer"],
        document["by_phase"].values(),
    ):
        assert math.fsum(row["energy_j"] for row in rows) == near(document["energy_j"], rel=1e-9)
    assert math.fsum(row["area_mm2"] for row in document["by_component"].values()) == near(
        document["area_mm2"], rel=1e-9
    )


def test_run_is_repeatable(call):
    assert call("run", "lenet1", "--arch", "cim40", "--json") == call(
        "run", "lenet1", "--arch", "cim40", "--json"
    )


def test_run_options_reach_the_simulation(call):
    line = (
        "run",
        "lenet1",
        "--arch",
        "cim40",
        "--phase",
        "training",
        "--scheme",
        "mixed_precision",
        "--batch",
        "4",
        "--images",
        "8",
        "--node",
        "28",
        "--seed",
        "3",
        "--set",
        "tile.rows=64",
        "--set",
        "scheme.optimiser=sgd",
        "--json",
    )
    code, out, err = call(*line)
    document = json.loads(out)
    assert code == 0, err
    assert (document["phase"], document["scheme"], document["batch"], document["images"]) == (
        "training",
        "mixed_precision",
        4,
        8,
    )
    assert (document["node_nm"], document["seed"], document["settings"]["tile"]["rows"]) == (
        28,
        3,
        64,
    )
    adam = json.loads(call(*line[:-3], "--json")[1])
    assert adam["by_phase"]["update"]["energy_j"] > document["by_phase"]["update"]["energy_j"]


def test_run_writes_a_folder_that_explains_and_reports(call, tmp_path):
    folder = tmp_path / "run"
    code, out, err = call("run", "lenet1", "--arch", "cim40", "--out", folder, "--quiet")
    assert (code, out, err) == (0, "", "")
    names = {path.name for path in folder.iterdir()}
    assert {"result.json", "report.html", "component.csv", "layer.csv", "figure.csv"} <= names
    code, out, _ = call("explain", folder, "energy_j.by_component.adc")
    assert code == 0 and "count" in out and "murmann2025" in out and "convert" in out
    tree = json.loads(call("explain", folder / "result.json", "area_mm2", "--json")[1])
    assert tree["value"] == near(Result.load(folder).area_mm2) and tree["children"]
    assert len(call("explain", folder, "area_mm2", "--depth", "2")[1].splitlines()) <= 1 + len(
        tree["children"]
    )
    cut = json.loads(call("explain", folder, "area_mm2", "--depth", "2", "--json")[1])
    assert len(cut["children"]) == len(tree["children"])
    assert any("children" in child for child in tree["children"])
    assert not any("children" in child for child in cut["children"])
    assert "by_component.adc.energy_j" in call("explain", folder)[1].split()
    assert call("explain", folder, "--depth", "2")[0] == 2
    (folder / "report.html").unlink()
    code, out, _ = call("report", folder, "--json")
    assert code == 0 and str(folder / "report.html") in json.loads(out)["files"]
    assert "lenet1" in (folder / "report.html").read_text()


def test_every_number_of_a_real_run_has_a_trail():
    import archsim
    from archsim.cost.explain import explain
    from archsim.cost.paths import leaves, named_tree

    result = archsim.simulate("lenet1", "cim40")
    for path in leaves(named_tree(result.document)):
        assert explain(result, path).how, path


def test_no_timing_has_no_power(call):
    code, out, _ = call("run", "lenet1", "--arch", "cim40", "--no-timing", "--json")
    document = json.loads(out)
    assert code == 0 and document["cycles"] is None and document["power_uw"] is None
    assert document["area_mm2"] > 0 and document["energy_j"] > 0


def test_run_csv(call):
    rows = list(csv.DictReader(io.StringIO(call("run", "lenet1", "--arch", "cim40", "--csv")[1])))
    assert "adc" in [row["component"] for row in rows] and float(rows[0]["area_mm2"]) > 0


def test_trace_is_a_file_that_runs(call, tmp_path):
    path = tmp_path / "step.json"
    code, out, err = call(
        "trace", "lenet1", "--phase", "training", "--scheme", "sgd", "--batch", "2", "--out", path
    )
    assert code == 0 and out == "" and "operations" in err
    direct = json.loads(
        call(
            "run",
            "lenet1",
            "--arch",
            "cim40",
            "--phase",
            "training",
            "--scheme",
            "sgd",
            "--batch",
            "2",
            "--json",
        )[1]
    )
    traced = json.loads(call("run", path, "--arch", "cim40", "--json")[1])
    assert traced["cycles"] == direct["cycles"] and traced["energy_j"] == direct["energy_j"]


def test_observers_write_files(call, tmp_path):
    code, _, err = call(
        "run",
        "lenet1",
        "--arch",
        "cim40",
        "--quiet",
        "--trace-out",
        tmp_path / "events.json",
        "--vcd",
        tmp_path / "events.vcd",
    )
    assert code == 0, err
    assert json.loads((tmp_path / "events.json").read_text())["traceEvents"]
    assert "$enddefinitions" in (tmp_path / "events.vcd").read_text()


def test_a_reader_that_leaves_early_is_no_fault():
    """More than a pipe holds, and a reader that takes ten letters of it."""
    line = (
        f"{sys.executable} -m archsim.cli.main run vgg8 --no-timing --json | head -c 10; echo "
        f"${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "" and done.stdout.splitlines()[-1].endswith("0")
    assert len(shell("run", "vgg8", "--arch", "cim40", "--no-timing", "--json").stdout) > 70_000


def test_lenet_from_a_shell():
    done = shell("run", "lenet1", "--arch", "wu2023", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["tiles"] == 6
