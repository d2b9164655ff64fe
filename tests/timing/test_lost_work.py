"""A machine that loses work or stops says so and names who waits for what; the tests break it on
purpose.
"""

import json

import pytest
from small_chips import quiet_chip, read, run, trace_of

from archsim.soc import collect, operation_run
from archsim.soc.facts import machine_facts
from archsim.soc.observers import PerfettoTrace
from archsim.soc.operation_run import OperationRun
from archsim.trace import RowWindow


def chain():
    first = read("first", 12, steps_per_row=2, rows_out=6, input_elements=4)
    return trace_of(
        first,
        read(
            "second",
            4,
            steps_per_row=1,
            rows_out=4,
            window=RowWindow(3, 1, 0),
            after=("first.forward",),
        ),
    )


def break_drain(monkeypatch, layer, after):
    """The drain of a layer takes no more results after some."""
    whole = operation_run.drain_results

    def broken(run, drain):
        if run.plan.operation.layer != layer:
            yield from whole(run, drain)
            return
        for _ in range(after):
            if drain.items:
                drain.take()
            else:
                yield drain.coming()
            run.advance(1)

    monkeypatch.setattr(operation_run, "drain_results", broken)


def test_a_source_that_never_ends_is_named(monkeypatch):
    break_drain(monkeypatch, "first", 5)
    with pytest.raises(RuntimeError) as fault:
        run(chain(), quiet_chip(buffer__tile_queue=1))
    text = str(fault.value)
    assert "deadlock at cycle" in text
    assert "2 operations unfinished" in text
    # who (operation and image, process) waits for what
    first = text[text.index("first.forward[image 0]: ") : text.index("second.forward")]
    assert "feed waits for room in the tile's input queue" in first
    assert "unit 0 waits for room in the output queue" in first
    assert "second.forward[image 0]: feed waits for first.forward[image 0] (row 3 of 6)" in text


def test_an_operation_that_is_never_issued_is_named(monkeypatch):
    break_drain(monkeypatch, "first", 5)
    with pytest.raises(
        RuntimeError,
        match=r"second\.forward\[image 0\]: operation waits for first\.forward\[image 0\]",
    ):
        run(chain(), quiet_chip(execution__mode="layer_by_layer"))


def test_no_room_in_flight_is_named(monkeypatch):
    break_drain(monkeypatch, "first", 5)
    with pytest.raises(
        RuntimeError,
        match=r"second\.forward\[image 0\]: operation waits for room among the operations in flight",
    ):
        run(chain(), quiet_chip(controller__in_flight=1))


def test_a_lost_input_is_named(monkeypatch):
    class Leaky(operation_run.Queue):
        """Loses the third thing that is put into it."""

        count = 0

        def put(self, item):
            self.count += 1
            return None if self.count == 3 else super().put(item)

    monkeypatch.setattr(operation_run, "Queue", Leaky)
    who = r"a\.forward\[image 0\]: unit 0 waits for its input; drain waits for results"
    with pytest.raises(RuntimeError, match=rf"deadlock at cycle \d+: .*{who}"):
        run(trace_of(read("a", 6)), quiet_chip())


def test_a_dropped_step_is_named(monkeypatch):
    whole = OperationRun.advance
    calls = []

    def dropping(self, count):
        calls.append(count)
        whole(self, count if len(calls) != 7 else 0)

    monkeypatch.setattr(OperationRun, "advance", dropping)
    with pytest.raises(
        RuntimeError, match=r"lost work: first\.forward\[image 0\] did 11 of 12 steps"
    ):
        run(chain(), quiet_chip())


def test_cycles_that_do_not_add_up_are_named():
    machine, _ = run(chain(), quiet_chip())
    machine_facts(machine)
    machine.lanes["second"].busy += machine.end
    with pytest.raises(
        RuntimeError, match=r"tiles:second: busy \d+ \+ stalled \d+ exceed its \d+ cycles"
    ):
        machine_facts(machine)


def test_every_resource_is_checked():
    machine, _ = run(chain(), quiet_chip())
    for row in collect.resources(machine):
        with pytest.raises(RuntimeError, match=row.name):
            collect.check_conservation([row._replace(idle_cycles=-1)])
        collect.check_conservation([row._replace(idle_cycles=0)])  # always at work is no fault


def test_a_run_that_fails_leaves_no_file(monkeypatch, tmp_path):
    import archsim

    break_drain(monkeypatch, "conv1", 5)
    with pytest.raises(RuntimeError, match="deadlock"):
        archsim.simulate("lenet1", "cim40", observers=(PerfettoTrace(tmp_path / "run.json"),))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    archsim.simulate("lenet1", "cim40", observers=(PerfettoTrace(tmp_path / "run.json"),))
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    json.loads((tmp_path / "run.json").read_text())
