"""Does a file with an update scheme run only where a user named it?"""

import ast
import re
from pathlib import Path

import pytest

import archsim
from archsim.schemes import load_scheme, own_file
from hwlib.errors import InputError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "manhattan.py"


MARK = "import pathlib; pathlib.Path({!r}).touch()\n"


def test_no_file_that_is_read_runs_a_scheme(known, call, tmp_path):
    """Names in traces, spaces and checkpoints are names: a path in their place is refused, not run."""
    touched = tmp_path / "touched"
    scheme = tmp_path / "evil.py"
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
        '[space]\nnetwork = "digits_cnn"\narchitecture = "cim40"\nphase = "training"\nscheme = '
        f'"{scheme}"\n[axes]\n"tile.rows" = [64, 128]\n'
    )
    for line in (("run", "step.json"), ("explore", "space.toml")):
        code, _, error = call(*line)
        assert code == 2 and error, line
    for name in (str(scheme), "evil.py"):
        with pytest.raises(InputError, match="unknown scheme"):
            load_scheme(name)
        with pytest.raises(InputError, match="unknown scheme"):
            archsim.compare("digits_cnn", [name], "cim40")
    assert not touched.exists()
    # the user names it
    assert own_file.load_scheme_file(scheme) == "manhattan" and touched.exists()


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
    # workers load them in this order
    assert [Path(path).parent.name for path in own_file.own_schemes()[0][-2:]] == ["a", "b"]
    # as long as before, in the same second
    (tmp_path / "b" / "mine.py").write_text(text.replace("= 0.5", "= 0.85"))
    assert zone_of("b/mine.py") == 0.85
    (tmp_path / "b" / "mine.py").write_text(text + "\nraise OSError\n")
    with pytest.raises(InputError, match="cannot be run"):
        zone_of("b/mine.py")
    assert zone_of("a/mine.py") == 0.25 and not list(tmp_path.rglob("*.pyc"))
    (tmp_path / "b" / "mine.py").write_text(text)
    code, _, error = call(
        "compare",
        "digits_cnn",
        "--arch",
        "cim40",
        "--schemes",
        f"{tmp_path}/a/mine.py,{tmp_path}/b/mine.py",
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
    code, _, error = call(
        "run", "digits_cnn", "--arch", "cim40", "--scheme", "wrong.py", "--phase", "training"
    )
    assert code == 2 and re.search(message, error), error


def test_missing_files_and_foreign_traces_are_refused(known, call):
    assert (
        call("run", "digits_cnn", "--arch", "cim40", "--scheme", "no.py", "--phase", "training")[0]
        == 2
    )
    assert (
        call("trace", "digits_cnn", "--scheme", "sgd", "--phase", "training", "--out", "step.json")[
            0
        ]
        == 0
    )
    code, _, error = call("run", "step.json", "--scheme", EXAMPLE)
    assert code == 2 and "brings its own scheme" in error


def test_a_space_that_names_a_file_is_refused(known, call, tmp_path):
    space = tmp_path / "space.toml"
    space.write_text(
        'schema = 1\nnetwork = "digits_cnn"\narchitecture = "cim40"\nphase = "training"\n'
        '[axes]\nscheme = ["sgd", "own.py"]\n[objectives]\narea_mm2 = "minimise"\n'
    )
    code, _, err = call("explore", space)
    assert code == 2 and "never its file" in err and "--scheme FILE.py" in err
    code, _, err = call("explore", space, "--scheme", "sgd")
    assert code == 2 and "not the file of an update rule" in err
