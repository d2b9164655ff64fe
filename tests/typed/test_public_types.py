"""Does a strict type checker take a program against the installed package, and see what is wrong?"""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import archsim
from archsim.comparison import Comparison
from archsim.exploration.sweep import Sweep
from archsim.run.building import Build
from archsim.run.citations import Citations
from archsim.run.trained import Training

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
RETURNED = (Build, Training, Comparison, Sweep, Citations)
# what pydantic and dataclasses bring, beside our own
INHERITED = {"model_config"}


def checked(tmp_path_factory, *files):
    """What mypy --strict says of files, which find archsim as an installed package."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("user")
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
    cache = Path(os.environ.get("MYPY_CACHE_DIR", ROOT / ".mypy_cache" / "user"))
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    # where sys.path finds a package with py.typed, it is taken as one that pip installed
    done = subprocess.run(
        [*command, "--config-file=", f"--cache-dir={cache}", *(name for name, _ in files)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """Lines of mypy by file, from one run over all programs."""
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert blocks
    files = [
        ("readme.py", "\n".join(blocks)),
        *((name, (HERE / name).read_text()) for name in ("every_name.py", "wrong_words.py")),
    ]
    lines = checked(tmp_path_factory, *files)
    return {name: [line for line in lines if line.startswith(f"{name}:")] for name, _ in files}


def test_the_readme_passes(faults):
    assert faults["readme.py"] == []


def test_every_public_name_and_method_passes(faults):
    assert faults["every_name.py"] == []


def test_every_mistake_is_seen(faults):
    lines = (HERE / "wrong_words.py").read_text().splitlines()
    expected = {
        number: line.rsplit("# ", 1)[1] for number, line in enumerate(lines, 1) if "  # " in line
    }
    seen = {}
    for line in faults["wrong_words.py"]:
        match = re.search(r":(\d+): error: .*\[([a-z-]+)\]$", line)
        if match:
            seen[int(match[1])] = match[2]
    assert seen == expected and len(expected) > 10


def test_the_program_uses_every_public_name_and_method():
    tree = ast.parse((HERE / "every_name.py").read_text())
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    of_archsim = {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id == "archsim"
    }
    assert of_archsim == set(archsim.__all__)
    used = {node.attr for node in attributes}
    public = [getattr(archsim, name) for name in archsim.__all__]
    for kind in (*(thing for thing in public if inspect.isclass(thing)), *RETURNED):
        methods = {
            name
            for name, thing in vars(kind).items()
            if not name.startswith("_")
            and (callable(thing) or isinstance(thing, property | classmethod))
        }
        assert methods - INHERITED <= used, kind


def test_a_type_checker_and_python_find_a_name_in_the_same_place():
    tree = ast.parse((ROOT / "archsim" / "__init__.py").read_text())
    block = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    imported = {
        alias.name: getattr(
            sys.modules.get(node.module) or __import__(node.module, fromlist=["_"]), alias.name
        )
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(imported) | {"__version__"} == set(archsim.__all__)
    for name, thing in imported.items():
        assert getattr(archsim, name) is thing, name
