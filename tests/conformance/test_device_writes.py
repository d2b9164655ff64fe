"""Every write of a device is counted: of the weights, of further arrays, of upkeep; verified where
it is verified.
"""

import pytest
from scheme_trials import digits, fitting_chip, machine_of, settings

import archsim
from archsim.schemes import load_scheme
from archsim.trace import build_trace, with_activity
from archsim.trace.upkeep import Refreshes, with_refreshes
from archsim.training.loop import train
from archsim.training.recorder import device_writes, measured_activities
from archsim.training.totals import writes_of
from tests.near import near
from workloads import load_network


@pytest.mark.parametrize(
    "name, kind, counted", [("tiki_taka", ".fast", "fast.4"), ("hic", ".accumulator", "flips")]
)
def test_writes_of_further_arrays_are_those_that_the_rule_made(name, kind, counted):
    machine = machine_of(name, 16)
    writes = device_writes(machine)
    further = {
        layer.name + kind: done.sums[counted]
        for layer, done in zip(machine.rule.layers, machine.rule.done)
    }
    assert set(writes) == {"", "conv1", "fc", kind, *further}
    for layer in machine.rule.layers:
        values = machine.rule.further_writes(layer)[layer.name + kind]
        assert values.sum() == further[layer.name + kind] > 0
        assert writes[layer.name + kind]["mean"] == near(values.mean())
    assert writes[kind]["maximum"] == max(writes[array_name]["maximum"] for array_name in further)
    assert writes[""]["mean"] == near(machine.arrays.writes.mean())  # the weights alone


@pytest.mark.parametrize(
    "name, scheme_settings, verified",
    [
        ("hic", {"carry_pulses": 8}, 0.0),
        ("mixed_precision", {"threshold": 0.01}, 1.0),
        ("sgd", {"optimiser": "momentum"}, 1.0),
        ("lrt", {"update_mode": "rank_sum", "least_changed": 0.0}, 0.0),
    ],
)
def test_verify_reads_are_those_of_the_devices(name, scheme_settings, verified):
    activities = measured_activities(machine_of(name, 64, scheme_settings=scheme_settings))
    for layer in ("conv1", "fc"):
        assert activities[layer, "update"].devices_written > 0
        assert activities[layer, "update"].verify_reads == verified


@pytest.mark.parametrize("name", ["essop", "lns_madam", "dsc"])
def test_exact_weights_take_the_pulses_of_the_chip(name):
    machine = machine_of(name, 16, device="exact")
    # one device a weight, as exact weights are counted
    chip = archsim.load_architecture("rpu_512", {"weights.mapping": "reference_column"})
    trace = with_activity(
        build_trace(
            load_network("digits_cnn"), load_scheme(name), "training", machine.settings.batch
        ),
        measured_activities(machine),
    )
    ledger = archsim.simulate(trace, chip, images=16, timing=False).ledger
    for layer, done in zip(machine.program.names, machine.rule.done):
        count = sum(
            row["count"]
            for row in ledger
            if (row["component"], row["action"], row["layer"]) == ("array", "write", layer)
        )
        assert count == near(done.sums["devices_written"] * chip.write.pulses, rel=1e-9)


def refreshed(**more):
    """A training on pairs that run full at once."""
    return train(
        load_network("digits_cnn"),
        digits(600),
        settings(
            "hic",
            load_scheme("hic").practice,
            epochs=1,
            device_settings={"refresh_upper": 0.05, "refresh_lower": 0.001, "pulse_step": 0.02},
            scheme_settings={"carry_pulses": 8},
            learning_rate=1.0,
            **more,
        ),
    )


def test_refreshes_are_counted_with_both_resets():
    result = refreshed(maintenance_images=64)
    done = result.refreshes["fc"]
    assert done.pairs > 0 and done.pulses >= 2 * done.pairs
    idle = train(load_network("digits_cnn"), digits(48), settings("rpu", epochs=1))
    assert idle.refreshes == {}


def test_a_resumed_training_has_all_refreshes(tmp_path):
    chosen = settings(
        "hic",
        load_scheme("hic").practice,
        epochs=1,
        maintenance_images=16,
        learning_rate=1.0,
        device_settings={"refresh_upper": 0.05, "refresh_lower": 0.001, "pulse_step": 0.02},
        scheme_settings={"carry_pulses": 8},
    )
    network = load_network("digits_cnn")
    data = digits(160)
    whole = train(network, data, chosen)
    train(network, data, chosen, folder=tmp_path, stop_after=96)
    assert train(network, data, chosen, folder=tmp_path, resume=True).refreshes == whole.refreshes
    assert whole.refreshes["fc"].pairs > 0


@pytest.mark.parametrize(
    "every_images, rows",
    [(100, {"conv1": (1, 11), "fc": (1, 1)}), (9, {"conv1": (1, 1), "fc": (16, 1)})],
)
def test_upkeep_reaches_the_ledger(every_images, rows):
    """Rows a step and images between; devices and pulses as often as the training had them."""
    trace = build_trace(load_network("digits_cnn"), load_scheme("hic"), "training", 1)
    images = 990
    done = {"conv1": Refreshes(40, 200), "fc": Refreshes(1000, 7000)}
    kept = with_refreshes(trace, done, images, every_images)
    operations = {op.name: op for op in kept.image_operations}
    for layer, (steps, every) in rows.items():
        for name in (f"{layer}.look", f"{layer}.refresh"):
            assert (operations[name].steps, operations[name].every) == (steps, every)
    counts = []
    for one in (trace, kept):
        ledger = archsim.simulate(
            one, fitting_chip("hic"), load_scheme("hic"), images=images, timing=False
        ).ledger
        counts.append(
            {
                (row["layer"], row["component"], row["action"]): row["count"]
                for row in ledger
                if row["phase"] == "update"
            }
        )
    before, after = counts
    for layer, refreshes in done.items():
        written = after[layer, "array", "write"] - before[layer, "array", "write"]
        assert written == near(refreshes.pulses, rel=0.01)  # the bias row is spread over the others
        columns = 2 * (16 if layer == "conv1" else 10)
        steps, every = rows[layer]
        looks = -(-images // every) * steps
        converted = after[layer, "adc", "convert"] - before[layer, "adc", "convert"]
        # every reset and every pulse is read back
        assert converted == near(looks * columns + written, rel=0.1)
    timed = [
        archsim.simulate(one, fitting_chip("hic"), load_scheme("hic"), images=22).cycles
        for one in (trace, kept)
    ]
    assert timed[1] > timed[0]


def test_trainings_without_such_devices_get_no_upkeep():
    trace = build_trace(load_network("digits_cnn"), load_scheme("rpu"), "training", 1)
    assert with_refreshes(trace, {}, 100, 100) == trace
    looked = with_refreshes(trace, {"fc": Refreshes(0, 0)}, 100, 100)
    assert [op.name for op in looked.image_operations[len(trace.image_operations) :]] == ["fc.look"]


def test_the_baseline_writes_no_device():
    baseline = load_scheme("sgd", {"weights_in": "memory"})
    trace = build_trace(load_network("digits_cnn"), baseline, "training", 8)
    result = train(load_network("digits_cnn"), digits(16), settings("float", epochs=1, batch=8))
    assert trace.matrices == () and writes_of(result, trace)[""]["maximum"] == 0


def test_upkeep_of_a_training_is_in_its_trace():
    training = archsim.train(
        "digits_cnn",
        fitting_chip("hic"),
        "digits",
        load_scheme("hic", {"carry_pulses": 8}),
        epochs=1,
        batch=16,
        images=320,
        settings={
            "learning_rate": 1.0,
            "maintenance_images": 64,
            "device_settings": {"refresh_upper": 0.05, "refresh_lower": 0.001, "pulse_step": 0.02},
        },
    )
    done = training.result.training["refreshes"]["fc"]
    assert done["pairs"] > 0 and {"fc.look", "fc.refresh"} <= {
        op.name for op in training.trace.image_operations
    }
    write = next(op for op in training.trace.image_operations if op.name == "fc.refresh")
    devices = 320 * write.steps / write.every * write.activity.devices_written * 2 * 10 * 145 / 144
    assert devices * write.activity.write_pulses == near(done["pulses"], rel=0.02)
    assert training.trace.activity == "measured"
