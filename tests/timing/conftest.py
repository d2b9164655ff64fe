"""Runs with every observer on, for the tests of this folder."""

import json

import pytest

from archsim.soc.observers import PerfettoTrace, VcdTrace
from tests.timing.watched_runs import RUNS, simulate


@pytest.fixture(scope="session", params=list(RUNS))
def watched(request, tmp_path_factory):
    """The result and both files of a run."""
    tmp_path = tmp_path_factory.mktemp("watched")
    observers = PerfettoTrace(tmp_path / "run.json"), VcdTrace(tmp_path / "run.vcd")
    result = simulate(request.param, observers=observers)
    assert result == simulate(request.param)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "run.vcd"]
    return result, json.loads((tmp_path / "run.json").read_text()), tmp_path / "run.vcd"
