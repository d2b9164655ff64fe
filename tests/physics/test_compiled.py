"""Does machine code ever stand for a function that it was not made from, whoever filled the cache,
and is it used again?
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import archsim
from archsim.kernels.store import FOLDER, KEEP_SECONDS, MARK

# Does its work for every word, all in this process or, as `apart`, each in one of its own that has
# compiled nothing yet.
WORK = """
import os, sys

def work_through(work, how, *words):
    for word in words:
        if how == "together":
            work(word)
        elif os.fork():
            assert os.wait()[1] == 0
        else:
            work(word)
            sys.stdout.flush()
            os._exit(0)
"""
PULSES = """
from archsim.devices.presets import load_device

def pulse(name):
    array = load_device(name).build(2, 3)
    array.pulse(5)
    kernel = array.kernels.pulse
    print(name, *array.weights.ravel().tolist(), sum(kernel.stats.cache_hits.values()))

work_through(pulse, *sys.argv[1:])
"""
# Laws of a user: module files in folders that are named on the command line, one after the other
# under one module name.
OWN = """
import importlib.util
import numpy as np
from archsim.kernels.compiled import template

def step(*arguments):
    pass

def one_pulse(weight, planes):
    return step(weight, True, weight, weight, planes, 0, ())

def weights_after(step):
    return template(one_pulse, step=step)(np.float32(0), np.zeros((4, 1), np.float32))

def use(folder):
    spec = importlib.util.spec_from_file_location("my_law", f"{folder}/my_law.py")
    sys.modules["my_law"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(*(float(weights_after(step)) for step in module.STEPS))

work_through(use, *sys.argv[1:])
"""
LAW = """
import numpy as np
from archsim.kernels.update import device_law
STEP, NUMBER = np.float32({step}), np.float32({number})

@device_law
def helper(weight):
    return weight + NUMBER + np.float32({constant})

@device_law
def my_step(weight, up, count, noise, planes, j, law):
    return helper(weight) + STEP

def make(value):
    value = np.float32(value)

    @device_law
    def step(weight, up, count, noise, planes, j, law):
        return weight + value

    return step

STEPS = [my_step, make({number}), make(8 * {number})]
"""
DEVICES = ("gokmen2016", "cbram")


def environment_of(folder):
    return {
        **os.environ,
        "NUMBA_CACHE_DIR": str(folder),
        "PYTHONPATH": str(Path(archsim.__file__).parent.parent),
    }


def run(script, folder, *words):
    output = subprocess.run(
        [sys.executable, "-c", WORK + script, *map(str, words)],
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split() for line in output.stdout.splitlines()]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A cache that one process filled for each device, and what each of them got."""
    folder = tmp_path_factory.mktemp("cache")
    return folder, dict(zip(DEVICES, run(PULSES, folder, "apart", *DEVICES)))


@pytest.mark.parametrize("order", [DEVICES, DEVICES[::-1]])
def test_code_of_laws_from_several_processes_does_not_mix(filled, order):
    folder, alone = filled
    together = run(PULSES, folder, "together", *order)
    assert [line[:-1] for line in together] == [alone[name][:-1] for name in order]
    assert len({tuple(line[1:-1]) for line in together}) == len(DEVICES)
    assert {line[-1] for line in alone.values()} == {"0"}
    assert {line[-1] for line in together} == {"1"}  # nothing compiled again


def test_laws_of_a_user_are_told_apart_by_what_they_reach(tmp_path):
    """Own files of one name, laws that differ in a global, in a helper's global or constant, or in
    what they close over.
    """
    laws = {"a": (1, 2, 4), "b": (3, 2, 4), "c": (1, 5, 4), "d": (1, 2, 7)}
    expected = {}
    for folder, (step, number, constant) in laws.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my_law.py").write_text(
            LAW.format(step=step, number=number, constant=constant)
        )
        expected[folder] = [step + number + constant, number, 8 * number]
    folders = [tmp_path / folder for folder in laws]
    for how in ("apart", "together"):
        lines = run(OWN, tmp_path / "cache", how, *folders)
        assert [list(map(float, line)) for line in lines] == list(expected.values())


def test_damaged_machine_code_is_made_again(filled):
    folder, alone = filled
    files = sorted((folder / FOLDER).glob("*_pulse_*.nb?"))
    assert files
    for number, path in enumerate(files):
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(
            content[:middle]
            if number % 2
            else content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
        )
    made_again, taken_again = (run(PULSES, folder, "together", *DEVICES) for _ in range(2))
    assert [line[:-1] for line in made_again] == [line[:-1] for line in alone.values()]
    assert [line[:-1] for line in taken_again] == [line[:-1] for line in alone.values()]
    assert {line[-1] for line in taken_again} == {"1"}


AT_ONCE = """
import numpy as np
from archsim.kernels.compiled import kernel

def slow(values):
    total = 0.0
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            total += np.sin(values[i, j]) * np.exp(values[j, i]) + values[:, j].sum()
    return total

compiled = kernel(slow)
print("ready", flush=True)
input()
compiled(np.zeros((2, 2)))
print(sum(compiled.stats.cache_hits.values()))
"""


def test_two_processes_that_need_the_same_code_compile_it_once(tmp_path):
    environment = environment_of(tmp_path)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [
        subprocess.Popen([sys.executable, "-c", AT_ONCE], env=environment, **pipes)
        for _ in range(2)
    ]
    assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    assert sorted(process.communicate()[0] for process in both) == ["0\n", "1\n"]
    assert not list((tmp_path / FOLDER).glob("*.nbl"))


SMALL = """
from archsim.kernels.compiled import kernel

def twice(value):
    return 2 * value

print(kernel(twice)(21))
"""


def test_only_old_files_of_ones_own_folder_are_deleted(tmp_path):
    old = time.time() - 2 * KEEP_SECONDS
    paths = [
        tmp_path / "kernels-0123456789abcdef" / "theirs.nbc",
        tmp_path / FOLDER / "forgotten.1.nbc",
        tmp_path / FOLDER / "notes.txt",
    ]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text("old")
        for item in (path, path.parent):
            os.utime(item, (old, old))
    assert run(SMALL, tmp_path) == [["42"]]
    assert all(path.exists() for path in paths), "a folder without the mark is somebody else's"
    (tmp_path / FOLDER / MARK).write_text("Signature: 8a477f597d28d172789f06886806bc55")
    assert run(SMALL, tmp_path) == [["42"]]
    assert [path.exists() for path in paths] == [True, False, True]
