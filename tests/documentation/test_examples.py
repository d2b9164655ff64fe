"""Does every example of the documentation run as it is printed?"""

import contextlib
import io
import json
import runpy
import sys

import pytest

from archsim.cli.main import main
from archsim.exploration.space.load import load_space
from archsim.schemes.base import SCHEMES
from tests.documentation.printed_examples import (
    ROOT,
    TEXTS,
    blocks,
    commands,
    on_small_data,
    write_inputs,
)
from workloads import load_network

# What no test runs here: setting up an environment, the tests themselves, and a study and a long
# command that have tests of their own.
_ELSEWHERE = (
    ["python3"],
    ["."],
    ["pip"],
    ["python", "-m", "pytest"],
    ["python", "-m", "archsim.studies.update_latency"],
    ["archsim", "validate"],
)


@pytest.fixture
def folder(tmp_path, monkeypatch, in_this_process):
    # a reader has no scheme of this name yet, other tests may have
    before = SCHEMES.pop("manhattan", None)
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    # nothing is opened on the screen of whoever runs the tests
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    yield tmp_path
    for name in ("manhattan", "my_scheme"):
        SCHEMES.pop(name, None)
    if before:
        SCHEMES["manhattan"] = before


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_ends_well(text, folder):
    # the commands of one text follow each other: what one writes, the next reads
    for block in blocks("sh", ""):
        if block.path != text or "─" in block.text:
            continue
        for words, into in commands(block.text):
            if any(words[: len(start)] == start for start in _ELSEWHERE):
                continue
            printed = run(words, block)
            if into:
                (folder / into).write_text(printed, encoding="utf-8")


def run(words, block):
    if words[:2] == ["python", "-m"]:
        return run_module(words[2:], block)
    assert words[0] == "archsim", f"{block}: {words}"
    out = io.StringIO()
    errors = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = main(on_small_data(words[1:]))
    assert code == 0, f"{block}: {' '.join(words)}\n{errors.getvalue()[-2000:]}"
    return out.getvalue()


def run_module(words, block):
    """A module of archsim, run as `python -m` does it but for the process."""
    out = io.StringIO()
    errors = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        patch.setattr(sys, "argv", words)
        try:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as end:
            code = end.code or 0
    told = out.getvalue()
    assert code == 0, f"{block}: {' '.join(words)}\n{told[-2000:]}{errors.getvalue()[-2000:]}"
    return told


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_every_python_block_runs(block, folder):
    code = block.text.replace('data="mnist"', 'data="mnist.npz", images=20').replace(
        "epochs=10", "epochs=1"
    )
    names = {"__name__": "printed"}
    exec(compile(code, str(block), "exec"), names)
    for name, made in names.items():
        if name.startswith("test_"):
            assert made.pytestmark and callable(made)


@pytest.mark.parametrize("block", blocks("toml", "json"), ids=str)
def test_every_file_is_read(block, folder):
    if block.language == "json":
        (folder / "printed.json").write_text(block.text, encoding="utf-8")
        assert main(["run", "printed.json", "--json"]) == 0
        assert json.loads(block.text)["archsim_trace"] == 1
    elif "[[layer]]" in block.text:
        (folder / "small.toml").write_text(block.text, encoding="utf-8")
        assert load_network("small.toml").layers
    elif "[axes]" in block.text:
        (folder / "printed.toml").write_text(block.text, encoding="utf-8")
        assert load_space("printed.toml").axes
        assert main(["explore", "printed.toml", "--dry-run"]) == 0
    elif "law = " in block.text:
        (folder / "device.toml").write_text(block.text, encoding="utf-8")
        assert main(["show", "device", "device.toml", "--json"]) == 0
    else:
        assert_components(block, folder)


def assert_components(block, folder):
    """Roles and sections of a chip, put in place of those of a built-in one that has them all."""
    import tomllib

    printed = tomllib.loads(block.text)
    heads = {f"components.{role}" for role in printed.get("components", {})}
    heads |= set(printed) - {"components"}
    chip = "isaac32" if "isaac" in block.text else "cores40" if "core" in printed else "cim40"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["show", "architecture", chip, "--toml"]) == 0
    kept = [part for part in out.getvalue().split("\n[") if part.split("]")[0] not in heads]
    (folder / "chip.toml").write_text("\n[".join(kept) + "\n" + block.text, encoding="utf-8")
    assert main(["run", "lenet1", "--arch", "chip.toml", "--quiet"]) == 0
