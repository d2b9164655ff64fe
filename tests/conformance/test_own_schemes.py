"""A user's own update scheme in one file passes the battery, works in every command with a scheme,
and runs only where it is named.
"""

import importlib.metadata
import json
from pathlib import Path

import pytest

import archsim
from archsim.conformance import CHECKS, NotConforming, __main__, cases_of
from archsim.conformance.checks import leaves_what_images_met, trains_alike_on_threads
from archsim.conformance.silicon_checks import counts_the_actions_it_performed
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme, own_file
from archsim.schemes.base import SCHEMES, register
from hwlib.errors import InputError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "manhattan.py"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_example_of_the_documentation_passes_the_battery(check, known):
    for case in cases_of([own_file.load_scheme_file(EXAMPLE)]):
        check(case)


def test_the_battery_as_a_command(known, capsys, tmp_path):
    wrong = tmp_path / "wrong.py"
    text = EXAMPLE.read_text().replace(
        'name: ClassVar[str] = "manhattan"', 'name: ClassVar[str] = "wrong"'
    )
    wrong.write_text(
        text.replace(
            'done.add("array", "write", np.count_nonzero(signed))',
            'done.add("array", "write", 1 + signed.size)',
        )
    )
    assert __main__.main([str(wrong)]) == 1
    printed = capsys.readouterr().out
    assert "passed  wrong  serialises" in printed and f"1 of {len(CHECKS)} checks failed" in printed
    assert "failed  wrong  counts the actions it performed: conv1 array write" in printed
    with pytest.raises(NotConforming, match="the algorithm"):
        counts_the_actions_it_performed(cases_of(["wrong"])[0])
    assert __main__.main(["no_such_scheme"]) == 2 and "unknown scheme" in capsys.readouterr().err


SUM = "self.gradients[layer.index] += errors @ inputs.T"
DUE = "gradient = self.gradients[layer.index]"
BROKEN = {
    "changed the errors": (
        SUM,
        SUM + "; errors *= 2",
        leaves_what_images_met,
        "the update changed",
    ),
    "looks at another layer": (
        DUE,
        "gradient = self.gradients[layer.index]; gradient += abs(self.gradients[-1]).sum()",
        trains_alike_on_threads,
        "differ",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_the_battery_tells_a_rule_that_is_not_apart(known, tmp_path, fault):
    right, wrong, check, message = BROKEN[fault]
    text = EXAMPLE.read_text()
    assert text.count(right) == 1
    broken = tmp_path / "broken.py"
    broken.write_text(text.replace(right, wrong))
    with pytest.raises(NotConforming, match=message):
        check(cases_of([own_file.load_scheme_file(broken)])[0])


def test_a_file_is_a_scheme_in_every_command(known, call):
    code, out, _ = call(
        "run",
        "digits_cnn",
        "--arch",
        "cim40",
        "--scheme",
        EXAMPLE,
        "--phase",
        "training",
        "--set",
        "scheme.dead_zone=1",
        "--json",
    )
    assert code == 0 and json.loads(out)["scheme"] == "manhattan"
    code, out, _ = call(
        "train",
        "digits_cnn",
        "--arch",
        "cim40",
        "--scheme",
        EXAMPLE,
        "--epochs",
        "1",
        "--images",
        "64",
        "--json",
        "--quiet",
        "--out",
        "t",
    )
    document = json.loads(out)
    assert (
        code == 0
        and document["scheme"] == "manhattan"
        and document["writes_per_device"] > 0
        and document["activity"] == "measured"
    )
    assert call("run", "t/measured.json", "--scheme", EXAMPLE, "--json")[0] == 0
    assert (
        call(
            "trace", "digits_cnn", "--scheme", EXAMPLE, "--phase", "training", "--out", "step.json"
        )[0]
        == 0
    )
    assert load_trace("step.json").scheme == "manhattan"
    code, out, _ = call("show", "scheme", EXAMPLE, "--json")
    assert code == 0 and json.loads(out)["settings"] == {"dead_zone": 0.5}


@pytest.mark.study
def test_a_file_in_a_comparison_on_two_processes(known, call):
    code, out, error = call(
        "compare",
        "digits_cnn",
        "--arch",
        "cim40",
        "--schemes",
        f"sgd,{EXAMPLE}:dead_zone=1",
        "--images",
        "64",
        "--jobs",
        "2",
        "--json",
        "--quiet",
    )
    assert code == 0, error
    assert {row["label"] for row in json.loads(out)["schemes"]} == {"sgd", "manhattan:dead_zone=1"}


def test_in_python_a_registered_class_is_enough(known):
    own_file.load_scheme_file(EXAMPLE)  # an import of the user's module does the same
    scheme = SCHEMES["manhattan"](dead_zone=2.0)
    assert (
        archsim.train("digits_cnn", "cim40", "digits", scheme, epochs=1, images=32).result.scheme
        == "manhattan"
    )


def test_installed_packages_bring_schemes_by_an_entry_point(known, monkeypatch, tmp_path):
    (tmp_path / "their_package.py").write_text(
        EXAMPLE.read_text().replace('"manhattan"', '"theirs"')
    )
    monkeypatch.syspath_prepend(tmp_path)
    entries = [importlib.metadata.EntryPoint("theirs", "their_package:Manhattan", own_file.GROUP)]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
    own_file.load_installed.cache_clear()
    try:
        assert load_scheme("theirs", {"dead_zone": 3.0}).dead_zone == 3.0
        own_file.load_installed.cache_clear()
        entries[:] = [
            importlib.metadata.EntryPoint("broken", "no_such_package:Rule", own_file.GROUP)
        ]
        with pytest.raises(InputError, match="no_such_package"):
            load_scheme("rpu")
    finally:
        monkeypatch.undo()
        own_file.load_installed.cache_clear()


def test_a_cell_that_runs_again_replaces_its_class_and_no_other(known):
    kind = SCHEMES[own_file.load_scheme_file(EXAMPLE)]
    assert register(kind) is kind
    other = type("Other", (kind,), {"__module__": "elsewhere"})
    with pytest.raises(InputError, match="another update scheme"):
        register(other)


def test_a_sweep_has_an_own_rule_on_its_axis(known, call, tmp_path):
    space = tmp_path / "space.toml"
    text = (
        'schema = 1\nnetwork = "digits_cnn"\narchitecture = "cim40"\nphase = "training"\nbatch = 8\n'
        '[axes]\nscheme = ["sgd", "manhattan"]\n'
        '[objectives]\nenergy_per_image_j = "minimise"\n'
    )
    space.write_text(text)
    line = ("explore", space, "--jobs", 1, "--out", "swept")
    code, _, err = call(*line)
    assert code == 2 and "unknown scheme" in err  # only the command line names files to run
    own = tmp_path / "own.py"
    own.write_text(EXAMPLE.read_text())
    code, out, err = call(*line, "--scheme", own, "--json")
    assert code == 0, err
    assert {row["scheme"] for row in json.loads(out)["points"]} == {"sgd", "manhattan"}
    # what the rule is stands in the key of its points: an edited file is another rule
    code, _, err = call(*line, "--scheme", own, "--resume")
    assert code == 0 and "0 worked out" in err
    own.write_text(EXAMPLE.read_text().replace("words=1", "words=2"))
    code, _, err = call(*line, "--scheme", own, "--resume")
    assert code == 0 and "1 worked out" in err and "scheme manhattan has changed" in err
