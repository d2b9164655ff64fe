"""Every update scheme that archsim lists passes the same battery, a user's own as well: what it needs, a scheme declares in its class."""

import numpy as np
import pytest
from scheme_trials import Trial, counted_and_performed, digits, fitting_chip, settings, trained_and_run

import archsim
from archsim.architecture.config import ComponentSettings
from archsim.schemes import list_schemes, load_scheme
from archsim.soc.inventory import ROLES, build_inventory
from archsim.trace import build_trace, load_trace, save_trace
from archsim.training.crossbar import VECTORS as READS
from archsim.training.loop import train
from hwlib import PARTS
from workloads import load_network

SCHEMES = sorted(list_schemes())
MOST_ERROR = 10.0  # per cent of the digits after the epochs that the scheme suggests (default 3)
EVERY_SCHEME = pytest.mark.parametrize("name", SCHEMES)


@EVERY_SCHEME
def test_learns_the_digits(name):
    practice = load_scheme(name).practice
    result = train(load_network("digits_cnn"), digits(), settings(name, {"epochs": 3} | practice))
    assert result.history[-1]["test_error_percent"] < MOST_ERROR
    assert result.writes[""]["mean"] > 0


@EVERY_SCHEME
def test_weight_change_is_that_of_the_slow_reference(name):
    trial = Trial(name)
    pairs = [trial.run(1000 * number) for number in range(3)]
    if any(np.abs(change - reference).max() > 2e-5 * np.abs(reference).max() for change, reference in pairs):  # an expectation
        pairs += [trial.run(1000 * number) for number in range(3, 150)]
    changes, references = (np.array(values, float) for values in zip(*pairs))
    off = (changes - references).mean(axis=0)
    spread = (changes - references).std(axis=0, ddof=1) / len(pairs) ** 0.5
    size = np.abs(references.mean(axis=0)).max()
    assert size > 1e-3, "the trial of a scheme has to move weights"
    assert spread.mean() < 0.1 * size, "too noisy a trial to tell a wrong change from a right one"
    assert np.all(np.abs(off) <= 5 * spread + 2e-5 * size), f"mean change off by {np.abs(off).max():.3g}, largest change {size:.3g}"


@EVERY_SCHEME
def test_declared_parts_exist(name):
    chip, scheme = fitting_chip(name), load_scheme(name)
    parts = scheme.parts(chip)
    for role, entry in parts.items():
        assert role in ROLES and ComponentSettings.model_validate(entry).part in PARTS
    assert set(parts) <= {component.name for component in build_inventory(chip, 4, extra=parts)}
    matrices = {matrix.layer for matrix in build_trace(load_network("digits_cnn"), scheme, "training").matrices}
    assert {"conv1", "fc"} <= matrices and all(matrix.split(".")[0] in ("conv1", "fc") for matrix in matrices)


@EVERY_SCHEME
def test_counted_actions_are_those_that_the_algorithm_performed(name):
    counted, performed = counted_and_performed(name)
    assert {layer for layer, _, _ in performed} == {"conv1", "fc"}
    for key, count in performed.items():
        assert counted.get(key, 0) == pytest.approx(count, rel=1e-6), key


@pytest.mark.parametrize("values", [{}, {"error_parts": "difference"}])
def test_counted_actions_of_one_and_of_two_parts_of_an_error(values):
    counted, performed = counted_and_performed("dsc", values)
    for key, count in performed.items():
        assert counted.get(key, 0) == pytest.approx(count, rel=1e-6), key


@EVERY_SCHEME
def test_errors_taken_back_are_as_many_as_the_arrays_read(name):
    machine, result = trained_and_run(name)
    trace = build_trace(load_network("digits_cnn"), load_scheme(name), "training", machine.settings.batch)
    rows = {row["layer"]: row["tile_operations"] for row in result.by_layer if row["phase"] == "backward"}
    for index, layer in enumerate(machine.program.names):
        reads = int(machine.totals[index, 1, READS])
        backward = [op for op in trace.image_operations if op.layer == layer and op.phase == "backward"]
        if reads:
            assert sum(op.steps for op in backward) * 16 == reads
            assert rows[layer] == (reads if backward[0].kind == "read_transposed" else 0)


@pytest.mark.parametrize("version", ["v1", "v2", "agad"])
def test_counted_actions_of_every_tiki_taka(version):
    counted, performed = counted_and_performed("tiki_taka", {"version": version})
    for key, count in performed.items():
        assert counted.get(key, 0) == pytest.approx(count, rel=1e-6), key


@EVERY_SCHEME
def test_runs_in_inference_and_training(name):
    chip, scheme = fitting_chip(name), load_scheme(name)
    inference = archsim.simulate("digits_cnn", chip, scheme=scheme)
    training = archsim.simulate("digits_cnn", chip, scheme=scheme, phase="training", batch=2)
    assert training.cycles > inference.cycles > 0
    assert training.by_phase["update"]["energy_j"] > 0 and training.by_phase["update"]["cycles"] > 0


@EVERY_SCHEME
def test_serialises(name, tmp_path):
    scheme = load_scheme(name)
    assert load_scheme(name, scheme.model_dump()) == scheme == type(scheme).model_validate_json(scheme.model_dump_json())
    trace = build_trace(load_network("digits_cnn"), scheme, "training", 2)
    assert load_trace(save_trace(trace, tmp_path / "trace.json")) == trace


@EVERY_SCHEME
def test_resumes_bit_exactly(name, tmp_path):
    network, data = load_network("digits_cnn"), digits(48)
    chosen = settings(name, load_scheme(name).practice, epochs=1)
    whole = train(network, data, chosen)
    train(network, data, chosen, folder=tmp_path, stop_after=24)
    resumed = train(network, data, chosen, folder=tmp_path, resume=True)
    assert resumed.finished and resumed.totals == whole.totals and resumed.activities == whole.activities
    for layer, weights in whole.weights.items():
        assert np.array_equal(weights, resumed.weights[layer]), layer
