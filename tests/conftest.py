"""What tests of several questions share, and on how many processes the whole suite runs."""

import gc
import importlib
import os
import sys

import pytest

from archsim.cli import main as cli
from archsim.report.drawing import raster


@pytest.fixture
def call(capsys, tmp_path, monkeypatch):
    """Run one line of archsim in this process, in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*line):
        code = cli.main([str(word) for word in line])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def in_this_process(monkeypatch):
    """Trainings that a comparison would give to processes of their own run in this one: each process
    that is spared took seconds to begin. That processes change nothing has tests of its own.
    """
    spread = importlib.import_module("archsim.comparison.spread")
    comparison = importlib.import_module("archsim.comparison.run")
    monkeypatch.setattr(
        comparison, "run_apart", lambda orders, jobs, told: spread.run_here(orders, told)
    )


# What asks about the events themselves, or compares with what a process of its own says of them.
OF_EVENTS = ("timing", "smoke", "robustness", "readers", "browser")


@pytest.fixture(scope="session", autouse=True)
def _no_history():
    """Whatever was loaded before, a run stands for itself, as in a process of its own."""
    engine = importlib.import_module("archsim.soc.engine")
    with engine.by_work_alone():
        yield


@pytest.fixture(autouse=True)
def _events_together(request):
    """Thousands of short runs are one long one, for which compiled events are worth loading where
    this machine has made them; they are those of SimPy, event for event (`tests/timing`).
    """
    if request.path.parent.name in OF_EVENTS:
        yield
        return
    engine = importlib.import_module("archsim.soc.engine")
    tally = engine.StepTally()
    tally.steps = engine.LOADED_FOR
    with engine.counted_together(tally):
        yield


PRINTED_DOTS = raster.DOTS_PER_INCH


@pytest.fixture(scope="session", autouse=True)
def _few_dots():
    """Plots are written with an eighth of the dots an inch, in a fraction of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raster, "DOTS_PER_INCH", PRINTED_DOTS / 8)
        yield


@pytest.fixture
def all_dots(monkeypatch):
    """Plots have the dots that a user gets."""
    monkeypatch.setattr(raster, "DOTS_PER_INCH", PRINTED_DOTS)


def pytest_addoption(parser):
    parser.addoption(
        "--seed", type=int, default=0, help="what studies draw their random cases from"
    )


MOST_WORKERS = 8  # each holds up to a gigabyte


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite takes all cores, where pytest-xdist is there and nothing else was asked for;
    named files and single tests run in this process.
    """
    option = config.option
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    worker = hasattr(config, "workerinput")
    if whole and not worker and getattr(option, "numprocesses", 0) is None:
        option.numprocesses = "auto"
        option.maxprocesses = option.maxprocesses or MOST_WORKERS
        # neighbours stay together, so that what a file prepares is prepared once
        option.dist = "worksteal"


def pytest_collection_modifyitems(items):
    """The type checker's one long run begins: at the end, where processes take work from each other,
    each of them would make it.
    """
    items.sort(key=lambda item: item.path.parent.name != "typed")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Nothing that is collected is ever garbage, and none of it is looked at again for some; what
    tests make is looked at less often than Python would, in a third of the time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        gc.enable()


def pytest_configure(config):
    """The width of the terminal, which pytest-xdist hands on, is no matter of a test.

    Where Python is told to leave no bytecode beside the sources, it goes to pytest's own folder:
    else each of some hundred processes reads a thousand files anew.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    if sys.dont_write_bytecode:
        kept = str(config.rootpath / ".pytest_cache" / "bytecode")
        sys.dont_write_bytecode = False
        sys.pycache_prefix = kept
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = kept
