"""What tests of several questions share."""

import pytest

from archsim.cli import main as cli


@pytest.fixture
def call(capsys, tmp_path, monkeypatch):
    """Run one line of archsim in this process, in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*line):
        code = cli.main([str(word) for word in line])
        return code, *capsys.readouterr()

    return run


def pytest_addoption(parser):
    parser.addoption(
        "--seed", type=int, default=0, help="what studies draw their random cases from"
    )
