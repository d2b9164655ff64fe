"""When does compiled code work out an operation without events, and does it say then what events say?

The operations of a chain have the chip to themselves: layer by layer, one unit, a resource for each
way. Two thousand random chips hold both engines against each other in `test_engines.py`.
"""

import pytest

from archsim.chip import load_architecture
from archsim.chip.place import place
from archsim.soc.compiled.fill import Filler
from archsim.soc.compiled.machine import CompiledMachine
from archsim.soc.engine import PlacedTrace
from archsim.soc.machine import EventMachine
from archsim.studies.engines import facts_of
from archsim.trace import build_trace
from workloads import load_network


def work(network="mlp", **settings):
    chip = load_architecture("cim40", {k.replace("__", "."): v for k, v in settings.items()})
    trace = build_trace(load_network(network))
    return PlacedTrace(trace, chip, place(trace.matrices, chip), 3)


def chains(asked):
    machine = CompiledMachine(*asked)
    return Filler(machine, machine.room).tables()["OPERATION"]["chain"].tolist()


def test_operations_that_have_the_chip_to_themselves_are_chains():
    assert chains(work("digits_cnn")) == [1] * len(load_network("digits_cnn").array_layers)


@pytest.mark.parametrize(
    "settings",
    [
        {"execution__mode": "pipelined"},
        {"interconnect__kind": "bus"},
        {"buffer__ports": 1},
        {"interconnect__arbitration": "drain_first"},
    ],
    ids=str,
)
def test_where_requests_may_meet_in_a_cycle_events_say_which_comes_first(settings):
    assert not any(chains(work(**settings)))


def test_copies_and_steps_that_need_the_last_result_are_no_chains():
    first = load_network("digits_cnn").array_layers[0].name
    copied = chains(work("digits_cnn", **{f"placement__copies__{first}": 300}))
    assert copied[0] == 0 and copied[-1] == 1
    assert 0 in chains(work("lstm"))


# a queue of one entry and of many, slow and quick resources on either side of the tiles, results
# that wait for the vector unit, words that wait for the channel
@pytest.mark.parametrize(
    "settings",
    [
        {"buffer__tile_queue": 1, "vector_unit__lanes": 1},
        {"buffer__tile_queue": 8, "vector_unit__lanes": 1, "interconnect__hop_cycles": 40},
        {"buffer__width_bits": 8, "read__bits_per_slot": 8, "read__columns_per_adc": 1},
        {"buffer__capacity_kib": 0.0625, "off_chip__bits_per_cycle": 2},
        {"off_chip__preload_input": False, "buffer__width_bits": 8, "controller__prefetch": False},
        {"interconnect__width_bits": 4, "buffer__tile_queue": 1, "read__overlap": False},
    ],
    ids=str,
)
def test_a_chain_is_what_simpy_says(settings):
    asked = work("digits_cnn", **settings)
    assert any(chains(asked))
    assert facts_of(CompiledMachine(*asked)) == facts_of(EventMachine(*asked))


def test_a_long_chain_is_worked_out_in_pieces(monkeypatch):
    asked = work("digits_cnn", vector_unit__lanes=1)
    whole = facts_of(CompiledMachine(*asked))
    monkeypatch.setattr("archsim.soc.compiled.machine.EVENTS_AT_ONCE", 100)
    monkeypatch.setattr("archsim.soc.compiled.fill.JOBS_AT_ONCE", 7)
    assert facts_of(CompiledMachine(*asked)) == whole
