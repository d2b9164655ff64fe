"""What the observers write is what happened: files read back agree with the result, and watching
changes nothing.
"""

import json
import sys
from collections import defaultdict

import pytest

import archsim
from archsim.soc.observers import PerfettoTrace, VcdTrace
from archsim.soc.observers.perfetto import BINS, Profile
from hwlib.errors import InputError
from tests.near import near
from tests.timing.test_value_change_dump import read_vcd
from tests.timing.watched_runs import simulate


def layers_of(events):
    return {
        event["pid"]: event["args"]["name"].removeprefix("layer ")
        for event in events
        if event["ph"] == "M" and event["name"] == "process_name"
    }


def threads_of(events):
    return {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["ph"] == "M" and event["name"] == "thread_name"
    }


def tile_rows(result):
    return {
        row["name"].removeprefix("tiles:"): row for row in result.resources if row["kind"] == "tile"
    }


def test_spans_in_the_perfetto_trace(watched):
    result, document, _ = watched
    events = document["traceEvents"]
    layers = layers_of(events)
    threads = threads_of(events)
    spans = []
    jobs = defaultdict(int)
    busy = defaultdict(int)
    rows = defaultdict(list)
    for event in events:
        if event["ph"] != "X":
            continue
        begin, end = event["args"]["begin_cycle"], event["args"]["end_cycle"]
        assert event["ts"] == near(begin / result.clock_mhz)
        assert event["dur"] == near((end - begin) / result.clock_mhz)
        thread = threads[event["pid"], event["tid"]]
        rows[event["pid"], event["tid"]].append((begin, end))
        if layers[event["pid"]] == "chip":
            busy[thread.split(" port")[0]] += end - begin
        elif thread.startswith("unit"):
            jobs[layers[event["pid"]]] += 1
        else:
            spans.append(
                (
                    layers[event["pid"]],
                    event["name"],
                    event["cat"],
                    event["args"]["image"],
                    begin,
                    end,
                )
            )
    timeline = [
        (row["layer"], row["operation"], row["phase"], row["image"], row["start"], row["end"])
        for row in result.timeline
    ]
    assert sorted(spans) == sorted(timeline)
    assert {
        row["name"]: row["busy_cycles"]
        for row in result.resources
        if row["kind"] != "tile" and row["busy_cycles"]
    } == dict(busy)
    # nothing overlaps on one thread, which is what a viewer can draw
    for row in rows.values():
        row.sort()
        assert all(end <= begin for (_, end), (begin, _) in zip(row, row[1:]))
    assert (
        document["otherData"] | {"cycles": result.cycles, "note": "", "chip": result.architecture}
        == document["otherData"]
    )
    writes = {
        operation["layer"]
        for operation in result.timeline
        if operation["operation"].endswith(".write")
    }
    for layer, row in tile_rows(result).items():
        assert jobs[layer] == row["requests"] or layer in writes


def test_counters_in_the_perfetto_trace(watched):
    result, document, _ = watched
    area = defaultdict(float)
    last = {}
    for event in [
        *document["traceEvents"],
        *(
            {"ph": "C", "name": n, "ts": result.cycles / result.clock_mhz, "args": {"mean": 0}}
            for n in ("tiles busy", "operations in flight", "waiting for buffer")
        ),
    ]:
        if event["ph"] == "C":
            name = event["name"]
            if name in last:
                area[name] += last[name][1] * (event["ts"] - last[name][0]) * result.clock_mhz
            last[name] = event["ts"], event["args"]["mean"]
    assert area["tiles busy"] == near(
        sum(row["busy_cycles"] for row in tile_rows(result).values()), rel=1e-3
    )
    assert area["operations in flight"] == near(
        sum(row["end"] - row["start"] for row in result.timeline), rel=1e-3
    )
    buffer = next(row for row in result.resources if row["name"] == "buffer")
    assert area["waiting for buffer"] == pytest.approx(
        buffer["queue_mean"] * result.cycles, rel=1e-3, abs=1
    )


def test_long_runs_stop_at_the_limit_and_say_so(tmp_path):
    observers = (
        PerfettoTrace(tmp_path / "run.json", limit=50),
        VcdTrace(tmp_path / "run.vcd", limit=50),
    )
    result = simulate("layer by layer", observers=observers)
    document = json.loads((tmp_path / "run.json").read_text())
    assert sum(event["ph"] == "X" for event in document["traceEvents"]) == 50
    assert any("run.json: the first 50 events are in it" in note for note in result.notes)
    assert "left out" in document["otherData"]["note"]
    assert any("run.vcd: it stops at cycle" in note for note in result.notes)
    text = (tmp_path / "run.vcd").read_text()
    assert "it stops at cycle" in text
    _, changes, _ = read_vcd(tmp_path / "run.vcd")
    assert sum(map(len, changes.values())) < 50 + 2 * 40


def test_a_profile_keeps_its_sum_in_few_bins():
    profile = Profile()
    for begin in range(0, 100_000, 7):
        profile.add(begin, begin + 20, 2.0)
    means = profile.means(100_000)
    assert len(means) <= 2 * BINS
    widths = [later - sooner for (sooner, _), (later, _) in zip(means, [*means[1:], (100_000, 0)])]
    inside = sum(min(begin + 20, 100_000) - begin for begin in range(0, 100_000, 7)) * 2.0
    assert sum(mean * width for (_, mean), width in zip(means, widths)) == near(inside, rel=1e-3)


def test_without_the_library_the_way_to_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "vcd", None)
    with pytest.raises(InputError, match="pyvcd") as fault:
        simulate("layer by layer", observers=(VcdTrace(tmp_path / "run.vcd"),))
    assert "pip install" in fault.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("observer", [PerfettoTrace, VcdTrace])
def test_paths_that_cannot_be_written(observer, tmp_path):
    for path in (tmp_path, tmp_path / "nowhere" / "run", tmp_path / ("x" * 300)):
        with pytest.raises(InputError) as fault:
            simulate("layer by layer", observers=(observer(path),))
        assert str(path) in fault.value.where
    assert list(tmp_path.iterdir()) == []


def test_layers_with_names_of_their_own(tmp_path):
    from small_chips import quiet_chip, read, trace_of

    trace = trace_of(read("a b", 2), read("a.b", 2), read('größe"$end', 2))
    observers = PerfettoTrace(tmp_path / "run.json"), VcdTrace(tmp_path / "run.vcd")
    archsim.simulate(trace, quiet_chip(), observers=observers)
    _, changes, _ = read_vcd(tmp_path / "run.vcd")
    assert {"chip.a_b.operations", "chip.a_b_2.operations", "chip.gr__e__end.operations"} <= set(
        changes
    )
    events = json.loads((tmp_path / "run.json").read_text())["traceEvents"]
    assert set(layers_of(events).values()) == {"chip", "a b", "a.b", 'größe"$end'}
