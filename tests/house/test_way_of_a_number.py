"""Do the ten lines of CONTRIBUTING, from the command to the report, name the files that take each
step?
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# what the file of each line has to hold: a function or a class
STEPS = (
    "execute",
    "load_network",
    "load_architecture",
    "load_scheme",
    "build_trace",
    "build_chip",
    "EventMachine",
    "ledger_of_machine",
    "price_run",
    "Result",
)
# further files that a line names, with what they hold
FURTHER = {"archsim/training/loop.py": "train", "archsim/report/run/page.py": "render_report"}


def lines():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## The way of a number")[1].split("\n## ")[0]
    return re.findall(r"^\d+\. (.*(?:\n +.*)*)", section, re.MULTILINE)


def files_of(line):
    return re.findall(r"`([\w/]+\.py)`", line)


def defined(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name for node in tree.body if isinstance(node, kinds)}


def called(path):
    """Names that a file uses, wherever they stand."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_there_are_ten_lines_each_with_a_file():
    assert len(lines()) == len(STEPS) == 10
    assert all(files_of(line) for line in lines())


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_each_file_holds_its_step(number):
    first, *further = files_of(lines()[number])
    assert STEPS[number] in defined(first), first
    for path in further:
        assert FURTHER[path] in defined(path), path


def test_network_chip_and_scheme_go_from_the_command_to_the_build():
    # the command hands all three to `simulate`, which the next steps stand behind
    ways = {
        "archsim/cli/run.py": {"workload_of", "load_architecture", "simulate"},
        "archsim/cli/run_inputs.py": {"network_of", "load_scheme"},
        "archsim/cli/network_options.py": {"load_network"},
        "archsim/run/simulation.py": {"build_for", "timed_facts"},
        "archsim/run/prepared_run.py": {"step_on", "build_chip"},
        "archsim/chip/step_on_chip.py": {"build_trace"},
        "archsim/run/run_facts.py": {"run_step", "ledger_of_machine"},
        "archsim/soc/run_built.py": {"machine_of"},
        "archsim/soc/engine.py": {"EventMachine"},
        "archsim/run/result.py": {"document_of"},
        "archsim/run/document.py": {"fill_prices"},
        "archsim/cost/document.py": {"price_run"},
    }
    for path, names in ways.items():
        assert names <= called(path), path
