"""Does a command that is cut short end as a shell expects?"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_reader_of_a_table_that_leaves_early_is_no_fault():
    line = f"{sys.executable} -m archsim.cli.main run lenet1 | head -n 2 >/dev/null; echo ${{PIPESTATUS[0]}}"
    for _ in range(3):
        done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True)
        assert (done.stderr, done.stdout) == ("", "0\n")


def test_an_interrupt_ends_with_130(call, monkeypatch):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("archsim.cli.list.execute", stop)
    code, out, err = call("list", "networks")
    assert code == 130 and out == "" and "interrupted" in err


def test_an_internal_fault_is_one_line(call, monkeypatch):
    def fail(arguments):
        raise RuntimeError("two tiles swapped")

    monkeypatch.setattr("archsim.cli.list.execute", fail)
    code, _, err = call("list", "networks")
    assert (
        code == 1 and err.count("\n") == 1 and "please report" in err and "two tiles swapped" in err
    )
    monkeypatch.setitem(os.environ, "ARCHSIM_TRACEBACK", "1")
    assert "Traceback" in call("list", "networks")[2]
