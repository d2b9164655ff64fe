"""Do compiled events do what SimPy does, cycle by cycle, and does each run go to the engine that is
its own?
"""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import archsim
from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.soc import engine as engines
from archsim.soc.collect import resources
from archsim.soc.compiled.cores.machine import CompiledCoreMachine
from archsim.soc.compiled.loop import run_events
from archsim.soc.compiled.machine import CompiledMachine
from archsim.soc.compiled.numbering import Room
from archsim.soc.engine import PlacedTrace, machine_of
from archsim.soc.length import jobs_of, steps_in
from archsim.soc.observers import Observer
from archsim.soc.riders import Riders
from archsim.studies.engines import (
    EngineCase,
    cases,
    core_cases,
    described,
    differences,
    shrunk,
    work_of_case,
)
from archsim.studies.random_chips import Draw
from archsim.trace import build_trace
from hwlib.errors import InputError
from tests.near import near
from workloads import load_network

SEED = int(os.environ.get("ARCHSIM_SEED", "1"))


def work(network="lenet1", chip="cim40", images=1, **settings):
    on_chip = load_architecture(chip, {k.replace("__", "."): v for k, v in settings.items()})
    trace = build_trace(load_network(network))
    return PlacedTrace(trace, on_chip, place(trace.matrices, on_chip), images)


@pytest.mark.parametrize(
    "case", list(cases(20, SEED)), ids=lambda case: f"{case.chip.number}-{case.mode}"
)
def test_a_random_chip_does_the_same_by_both_engines(case):
    assert not differences(case), described(case)


@pytest.mark.parametrize(
    "case", list(core_cases(8, SEED)), ids=lambda c: f"{c.number}-{c.settings['execution.mode']}"
)
def test_a_random_chip_of_cores_does_the_same_by_both_engines(case):
    assert not differences(case), described(case)


@pytest.mark.study
def test_two_thousand_random_chips_of_cores():
    told = [described(case) for case in core_cases(2000, SEED) if differences(case)]
    assert not told, "\n".join(told)


def test_cores_that_need_larger_tables_begin_anew_with_them():
    asked = next(core_cases(1, 1)).work()
    machines = [CompiledCoreMachine(*asked), CompiledCoreMachine(*asked)]
    small = Room(2, 1, 1, 1, events=4, pieces=1, looks=1, transits=1, sendings=1)
    machines[1].room = small
    for machine in machines:
        machine.run()
    assert machines[1].room.transits > small.transits
    assert machines[1].spans == machines[0].spans
    assert resources(machines[1]) == resources(machines[0])


def test_room_for_gaps_is_for_a_few_a_server_where_there_are_very_many(monkeypatch):
    asked = next(core_cases(1, 1)).work()
    servers = len(CompiledCoreMachine(*asked).all_servers())
    for in_all, each in ((1 << 20, 128), (64 * servers, 64), (servers, 32)):
        monkeypatch.setattr("archsim.soc.compiled.cores.machine.GAPS_IN_ALL", in_all)
        assert CompiledCoreMachine(*asked).room.gaps == each


@pytest.mark.study
def test_two_thousand_random_chips():
    told = [described(case) for case in cases(2000, SEED) if differences(case)]
    assert not told, "\n".join(told)


# packed copies take several vectors at a time
@pytest.mark.parametrize("number", [352, 949])
def test_words_that_give_way_do_the_same(number):
    case = next(
        c for c in cases(number + 1, 1) if c.chip.number == number and c.mode != "layer_by_layer"
    )
    machine = CompiledMachine(*work_of_case(case))
    assert any(machine.plan_of(op).per_job > 1 for op in machine.trace.image_operations)
    assert not differences(case), described(case)


def test_a_difference_is_shrunk_to_what_it_needs(monkeypatch):
    # as if only a bus one bit short of a word were wrong
    def wrong(case):
        return ["cycles"] if case.chip.settings.get("interconnect.hop_cycles") == 7 else []

    monkeypatch.setattr("archsim.studies.engines.differences", wrong)
    settings = {"interconnect.hop_cycles": 7, "buffer.ports": 2, "vector_unit.lanes": 4}
    case = EngineCase(Draw(0, "mlp", None, 8, "cim40", settings), "pipelined", 0.3)
    least = shrunk(case)
    assert least.chip.settings == {"interconnect.hop_cycles": 7}
    assert (least.chip.images, least.retries) == (1, 0.0)


def test_a_run_that_needs_larger_tables_begins_anew_with_them():
    asked = work_of_case(next(c for c in cases(10, 1) if c.mode == "pipelined"))
    machines = [CompiledMachine(*asked), CompiledMachine(*asked)]
    small = Room(runs=1, results=1, gaps=1, starts=1, events=4, pieces=1)
    machines[1].room = small
    for machine in machines:
        machine.run()
    assert machines[1].room.events > small.events
    assert machines[1].spans == machines[0].spans
    assert resources(machines[1]) == resources(machines[0])


def test_the_result_says_which_ran_and_has_the_same_numbers():
    documents = []
    for engine in ("simpy", "compiled"):
        document = archsim.simulate("mlp", "cim40", images=2, engine=engine).document
        assert document.pop("engine") == engine
        documents.append(document)
    assert documents[0] == documents[1]
    assert archsim.simulate("mlp", "cim40", timing=False).document["engine"] is None


def test_a_training_step_and_its_setup_cost_the_same():
    both = [
        archsim.simulate("mlp", "rpu", "tiki_taka", "training", batch=2, engine=engine).document
        for engine in ("simpy", "compiled")
    ]
    assert [document.pop("engine") for document in both] == ["simpy", "compiled"]
    assert both[0] == both[1]


def test_a_short_run_stays_in_simpy_and_a_long_one_does_not(monkeypatch):
    from archsim.soc.compiled import machine as compiled

    assert machine_of("auto", work()).engine == "simpy"
    long = work(images=300)
    assert steps_in(long.trace, long.images) > engines.LOADED_FOR
    monkeypatch.setattr(compiled, "is_compiled", lambda: True)
    assert machine_of("auto", long).engine == "compiled"
    monkeypatch.setattr(compiled, "is_compiled", lambda: False)
    # compiling takes longer than this run
    assert machine_of("auto", long).engine == "simpy"
    monkeypatch.setattr(engines, "COMPILED_FOR", engines.LOADED_FOR)
    assert machine_of("auto", long).engine == "compiled"


def test_a_step_on_cores_is_as_long_as_the_links_that_its_packets_pass(monkeypatch):
    from archsim.soc.compiled import machine as compiled
    from archsim.soc.length import JOBS_OF_A_LINK, JOBS_OF_A_STEP

    for network in ("lenet1", "mlp_128"):
        on_cores = work(network, "cores40")
        machine = machine_of("simpy", on_cores)
        machine.run()
        passed = sum(link.packets for link in machine.network.links)
        jobs = JOBS_OF_A_STEP * steps_in(on_cores.trace, 1) + JOBS_OF_A_LINK * passed
        assert jobs_of(on_cores, (), float("inf")) == near(jobs)
        assert jobs_of(on_cores, list(machine.plans.values()), float("inf")) == near(jobs)
    # 74,802 steps, which are few, pass 94 million links: minutes of SimPy
    prefill = work("gpt2_small", "cores40")
    assert JOBS_OF_A_STEP * steps_in(prefill.trace, 1) < engines.COMPILED_FOR
    monkeypatch.setattr(compiled, "is_compiled", lambda loop: False)
    assert machine_of("auto", prefill).engine == "compiled"


def test_runs_that_are_counted_together_are_long_together(monkeypatch):
    from archsim.soc.compiled import machine as compiled

    monkeypatch.setattr(compiled, "is_compiled", lambda: True)
    monkeypatch.setattr(engines, "is_loaded", lambda placement: False)
    monkeypatch.setattr(engines, "LOADED_FOR", 3 * steps_in(work().trace, 1))
    tally = engines.StepTally()
    with engines.counted_together(tally):
        words = [machine_of("auto", work()).engine for _ in range(4)]
    assert words == ["simpy", "simpy", "compiled", "compiled"]
    # what is outside is counted apart
    assert machine_of("auto", work()).engine == "simpy"


def test_code_that_is_not_there_is_looked_for_again_after_more_steps(monkeypatch):
    from archsim.soc.compiled import machine as compiled

    answers = iter([False, False, True])
    monkeypatch.setattr(compiled, "is_compiled", lambda: next(answers))
    monkeypatch.setattr(engines, "is_loaded", lambda placement: False)
    monkeypatch.setattr(engines, "LOADED_FOR", 3 * steps_in(work().trace, 1))
    with engines.counted_together(engines.StepTally()):
        words = [machine_of("auto", work()).engine for _ in range(9)]
    # asked at three times the steps of a run, at six times, and at nine times
    assert words == ["simpy"] * 8 + ["compiled"]
    assert next(answers, None) is None


def test_runs_are_compiled_once_their_code_is_loaded(monkeypatch):
    from archsim.soc.compiled import loop

    on_cores = work("lenet1", "cores40")
    for asked in (work(), on_cores):
        machine_of("compiled", asked).run()
        with engines.counted_together(engines.StepTally()):
            assert machine_of("auto", asked).engine == "compiled"
            assert machine_of("auto", asked, Riders(observers=(Observer(),))).engine == "simpy"
            assert machine_of("simpy", asked).engine == "simpy"
            with engines.by_work_alone():
                assert machine_of("auto", asked).engine == "simpy"
    # an import alone loads nothing
    monkeypatch.setattr(loop, "run_events", SimpleNamespace(signatures=[]))
    assert not engines.is_loaded(work().placement) and engines.is_loaded(on_cores.placement)


def test_many_short_runs_of_a_process_load_compiled_events():
    # no test sees what a process does by itself: they run by the work alone
    machine_of("compiled", work("mlp")).run()  # their machine code is on disk
    code = f"""
import archsim
from archsim.soc import engine
engine.LOADED_FOR = 2.5 * {steps_in(work("mlp").trace, 1)}
results = [archsim.simulate("mlp", "cim40") for _ in range(4)]
print([result.document["engine"] for result in results], results[0] == results[3])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "['simpy', 'simpy', 'compiled', 'compiled'] True\n"


@pytest.mark.parametrize(
    ("riders", "settings", "reason"),
    [
        (Riders(observers=(Observer(),)), {}, "observed"),
        (Riders(data=object()), {}, "real data"),
        (Riders(), {"tile__count": 2, "execution__reload": True}, "execution.reload"),
    ],
)
def test_what_only_simpy_can_do_is_refused_by_name(riders, settings, reason):
    asked = work(**settings, images=300)
    with pytest.raises(InputError, match=reason):
        machine_of("compiled", asked, riders)
    assert machine_of("auto", asked, riders).engine == "simpy"


def test_an_unknown_engine_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="simpy"):
        archsim.simulate("mlp", "cim40", engine="simpi")
    with pytest.raises(InputError, match="time"):
        archsim.simulate("mlp", "cim40", engine="compiled", timing=False)


def test_progress_is_told_all_operations():
    told = []
    machine = CompiledMachine(*work("mlp", images=3), lambda done, of: told.append((done, of)))
    machine.run()
    operations = len(machine.trace.image_operations)
    assert told[-1] == (3 * operations, 3 * operations)


def test_real_data_ride_in_simpy_whatever_the_run_is_long():
    data = np.zeros((1, 784), np.float32)
    assert archsim.simulate("mlp", "cim40", data=data).document["engine"] == "simpy"


def test_machine_code_is_kept_on_disk():
    # a name that the digest cannot tell would compile anew in every process
    name, digest = run_events._cache.owner.settle()
    assert digest and name.startswith("archsim.soc.compiled.loop.event_loop")
