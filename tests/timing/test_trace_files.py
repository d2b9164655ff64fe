"""A recorded trace is the trace, and runs like the network it was recorded from."""

import json
from dataclasses import replace

import pytest

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.schemes import load_scheme
from archsim.trace import Activity, build_trace, save_trace
from archsim.trace.file import VECTOR_ACTIONS
from hwlib import find_part
from tests.members import every
from workloads import list_networks, load_network

SCHEMES = (None, "sgd", "rpu", "mixed_precision")


def record(network, scheme, digital_biases=False):
    step = (load_scheme(scheme), "training", 3) if scheme else (None, "inference", 1)
    return build_trace(load_network(network), *step, digital_biases=digital_biases)


@every("network", sorted(list_networks()))
@every("scheme", SCHEMES)
def test_nothing_is_lost_on_the_way(network, scheme, tmp_path):
    trace = record(network, scheme)
    loaded = load_trace(save_trace(trace, tmp_path / "x.trace.json"))
    assert loaded == trace
    assert repr(loaded) == repr(trace)  # whole numbers stay whole


@pytest.mark.parametrize("network", ["lenet1", "rpu_cnn"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_recorded_trace_gives_the_result_of_its_network(network, scheme, tmp_path):
    # the chip keeps biases as words beside its arrays
    path = save_trace(record(network, scheme, digital_biases=True), tmp_path / "x.trace.json")
    phase, batch = ("training", 3) if scheme else ("inference", 1)
    direct = archsim.simulate(network, "cim40", scheme=scheme, phase=phase, batch=batch)
    assert archsim.simulate(load_trace(path), "cim40") == direct
    assert archsim.simulate(str(path), "cim40") == direct


def test_measured_activity_is_kept(tmp_path):
    trace = record("lenet1", "rpu")
    activity = Activity(
        source="measured", input_density=0.19, retries=0.25, coincidences=1.5, devices_written=0.001
    )
    trace = replace(
        trace,
        image_operations=tuple(replace(op, activity=activity) for op in trace.image_operations),
    )
    loaded = load_trace(save_trace(trace, tmp_path / "x.json"))
    assert loaded.activity == "measured"
    assert loaded.image_operations[3].activity == activity


def test_what_has_a_default_may_be_left_out(tmp_path):
    path = tmp_path / "x.json"
    operations = [
        {"name": "a.forward", "layer": "a", "phase": "forward", "kind": "read", "steps": 5}
    ]
    path.write_text(
        json.dumps(
            {
                "archsim_trace": 1,
                "network": "hand",
                "scheme": None,
                "phase": "inference",
                "batch": 1,
                "matrices": [{"layer": "a", "rows": 100, "columns": 20}],
                "image_operations": operations,
            }
        )
    )
    result = archsim.simulate(path, "cim40")
    assert (result.network, result.operations, result.tile_operations) == ("hand", 5, 5)


def test_a_scheme_that_works_backwards_digitally_runs_on_a_chip_that_cannot_read_backwards(
    tmp_path,
):
    # what the trace asks of the chip counts, not the default settings of its scheme
    scheme = load_scheme("sgd", {"backward_in": "vector_unit"})
    trace = build_trace(load_network("lenet1"), scheme, "training", 1)
    direct = archsim.simulate("lenet1", "wu2023", scheme=scheme, phase="training")
    assert archsim.simulate(load_trace(save_trace(trace, tmp_path / "x.json")), "wu2023") == direct


def test_vector_actions_are_those_of_the_lane():
    assert set(VECTOR_ACTIONS) == set(find_part("vector_lane").actions)
