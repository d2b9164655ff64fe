"""A user's own update scheme in one file passes the battery, works in every command with a scheme,
and runs only where it is named.
"""

import ast
import importlib.metadata
import json
import re
from pathlib import Path

import pytest

import archsim
from archsim.conformance import CHECKS, NotConforming, __main__, cases_of
from archsim.conformance.checks import counts_the_actions_it_performed
from archsim.run.recorded_trace import load_trace
from archsim.schemes import list_schemes, load_scheme, own_file
from archsim.schemes.base import SCHEMES, register
from hwlib.errors import InputError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "manhattan.py"


@pytest.fixture
def known():
    """The schemes and files known before, again afterwards."""
    list_schemes()  # imports those of archsim
    before, files = dict(SCHEMES), dict(own_file._loaded)
    yield
    for table, kept in ((SCHEMES, before), (own_file._loaded, files)):
        table.clear()
        table.update(kept)


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


def test_a_file_is_a_scheme_in_every_command(known, call):
    code, out, _ = call(
        "run",
        "digits_cnn",
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


def test_a_file_in_a_comparison_on_two_processes(known, call):
    code, out, error = call(
        "compare",
        "digits_cnn",
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


MARK = "import pathlib; pathlib.Path({!r}).touch()\n"


def test_no_file_that_is_read_runs_a_scheme(known, call, tmp_path):
    """Names in traces, spaces and checkpoints are names: a path in their place is refused, not run."""
    touched, scheme = tmp_path / "touched", tmp_path / "evil.py"
    scheme.write_text(EXAMPLE.read_text() + MARK.format(str(touched)))
    assert (
        call("trace", "digits_cnn", "--scheme", "rpu", "--phase", "training", "--out", "step.json")[
            0
        ]
        == 0
    )
    content = (tmp_path / "step.json").read_text()
    (tmp_path / "step.json").write_text(content.replace('"scheme": "rpu"', f'"scheme": "{scheme}"'))
    (tmp_path / "space.toml").write_text(
        '[space]\nnetwork = "digits_cnn"\nphase = "training"\nscheme = '
        f'"{scheme}"\n[axes]\n"tile.rows" = [64, 128]\n'
    )
    for line in (("run", "step.json"), ("explore", "space.toml")):
        code, _, error = call(*line)
        assert code == 2 and error, line
    for name in (str(scheme), "evil.py"):
        with pytest.raises(InputError, match="unknown scheme"):
            load_scheme(name)
        with pytest.raises(InputError, match="unknown scheme"):
            archsim.compare("digits_cnn", [name])
    assert not touched.exists()
    assert (
        own_file.load_scheme_file(scheme) == "manhattan" and touched.exists()
    )  # the user names it


def test_a_file_is_what_stands_in_it_now(known, call, tmp_path):
    """An edited file, and files of one name, give what they give in a fresh process, in any order;
    a broken one leaves nothing.
    """
    text = EXAMPLE.read_text()
    for folder, zone in (("a", 0.25), ("b", 0.75)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(text.replace("= 0.5", f"= {zone}"))

    def zone_of(path):
        return load_scheme(own_file.load_scheme_file(tmp_path / path)).dead_zone

    assert text.count("= 0.5") == 1
    assert [zone_of(path) for path in ("a/mine.py", "b/mine.py", "a/mine.py", "b/mine.py")] == [
        0.25,
        0.75,
        0.25,
        0.75,
    ]
    assert [Path(path).parent.name for path in own_file.own_schemes()[0][-2:]] == [
        "a",
        "b",
    ]  # workers load them in this order
    (tmp_path / "b" / "mine.py").write_text(
        text.replace("= 0.5", "= 0.85")
    )  # as long as before, in the same second
    assert zone_of("b/mine.py") == 0.85
    (tmp_path / "b" / "mine.py").write_text(text + "\nraise OSError\n")
    with pytest.raises(InputError, match="cannot be run"):
        zone_of("b/mine.py")
    assert zone_of("a/mine.py") == 0.25 and not list(tmp_path.rglob("*.pyc"))
    (tmp_path / "b" / "mine.py").write_text(text)
    code, _, error = call(
        "compare", "digits_cnn", "--schemes", f"{tmp_path}/a/mine.py,{tmp_path}/b/mine.py"
    )
    assert code == 2 and "same name" in error


def test_only_the_module_for_own_files_runs_files():
    users = {}
    running = {
        "exec_module",
        "run_path",
        "run_module",
        "load_scheme_file",
        "scheme_name",
        "scheme_names",
    }
    for path in (ROOT / "archsim").rglob("*.py"):
        text = path.read_text()
        if not any(word in text for word in running):
            continue
        nodes = list(ast.walk(ast.parse(text)))
        words = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        for word in running & (words | names):
            users.setdefault(word, set()).add(path.relative_to(ROOT / "archsim").as_posix())
    assert users.pop("exec_module") == {"schemes/own_file.py"}
    for word, users_of_word in users.items():
        assert all(
            path.startswith("cli/")
            or path in ("schemes/own_file.py", "compare/worker.py", "conformance/__main__.py")
            for path in users_of_word
        ), word


@pytest.mark.parametrize(
    "text, message",
    [
        ("x = 1\n", "registers exactly one"),
        ("def f(:\n", "cannot be run .SyntaxError"),
        ("import no_such_module\n", "wrong.py:1"),
        ("\n\nraise OSError('disk')\n", "wrong.py:3"),
        (
            EXAMPLE.read_text().replace('"manhattan"', '"rpu"'),
            "another update scheme has this name",
        ),
    ],
)
def test_a_file_that_is_no_scheme_is_refused(text, message, known, call, tmp_path):
    (tmp_path / "wrong.py").write_text(text)
    code, _, error = call("run", "digits_cnn", "--scheme", "wrong.py", "--phase", "training")
    assert code == 2 and re.search(message, error), error


def test_missing_files_and_foreign_traces_are_refused(known, call):
    assert call("run", "digits_cnn", "--scheme", "no.py", "--phase", "training")[0] == 2
    assert (
        call("trace", "digits_cnn", "--scheme", "sgd", "--phase", "training", "--out", "step.json")[
            0
        ]
        == 0
    )
    code, _, error = call("run", "step.json", "--scheme", EXAMPLE)
    assert code == 2 and "brings its own scheme" in error


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
        'schema = 1\nnetwork = "digits_cnn"\nphase = "training"\nbatch = 8\n'
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


def test_a_space_that_names_a_file_is_refused(known, call, tmp_path):
    space = tmp_path / "space.toml"
    space.write_text(
        'schema = 1\nnetwork = "digits_cnn"\nphase = "training"\n'
        '[axes]\nscheme = ["sgd", "own.py"]\n[objectives]\narea_mm2 = "minimise"\n'
    )
    code, _, err = call("explore", space)
    assert code == 2 and "never its file" in err and "--scheme FILE.py" in err
    code, _, err = call("explore", space, "--scheme", "sgd")
    assert code == 2 and "not the file of an update rule" in err
