"""Does `archsim train` train, end to end, with the real training core and with a chip's own settings?"""

import json

import archsim
from archsim.run.recorded_trace import load_trace
from archsim.run.result_schema import check_document
from archsim.schemes import load_scheme
from archsim.training.setup import settings_of
from tests.near import near

CONV, FC = 10 * 16, 145 * 10  # weights of digits_cnn, biases included


def test_a_real_training_end_to_end(call, tmp_path):
    code, out, err = call(
        "train", "digits_cnn", "--epochs", "2", "--seed", "3", "--out", "run", "--json", "--quiet"
    )
    document = check_document(json.loads(out), "stdout")
    assert code == 0 and err == "" and document["activity"] == "measured" and document["seed"] == 3
    assert [row["epoch"] for row in document["epochs"]] == [1, 2] and 80 < document[
        "accuracy_percent"
    ] <= 100
    assert document["accuracy_percent"] == 100 - document["epochs"][-1]["test_error_percent"]
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {
        "result.json",
        "report.html",
        "history.csv",
        "writes.csv",
        "errors.svg",
        "errors.png",
        "activity.md",
        "activity.csv",
        "measured.json",
        "checkpoint.json",
    } <= names
    # every pulse that the silicon is charged for is a pulse that a device received
    trace = load_trace(document["activity_file"])
    images = document["training"]["images"]
    assert images == 2 * 1437
    for operation in trace.image_operations:
        if operation.kind == "pulse_update":
            writes = document["training"]["writes"][operation.layer]
            assert operation.activity.coincidences * operation.steps * images == near(
                writes["mean"], rel=1e-6
            )
            assert 0 < writes["mean"] <= writes["maximum"]
    mean = (
        CONV * document["training"]["writes"]["conv1"]["mean"]
        + FC * document["training"]["writes"]["fc"]["mean"]
    ) / (CONV + FC)
    assert document["writes_per_device"] == near(mean)
    # the trace executed by itself costs the same
    alone = archsim.simulate(trace, "rpu", images=document["images"])
    assert alone.cycles == document["cycles"] and alone.energy_j == near(
        document["energy_j"], rel=1e-12
    )
    assert document["training"]["energy_j"] == near(document["energy_per_image_j"] * images)
    # going on with a finished training trains nothing and says the same
    code, out, _ = call(
        "train",
        "digits_cnn",
        "--epochs",
        "2",
        "--seed",
        "3",
        "--out",
        "run",
        "--resume",
        "--json",
        "--quiet",
    )
    again = json.loads(out)
    assert (
        code == 0
        and again["epochs"] == document["epochs"]
        and again["energy_j"] == document["energy_j"]
    )


def test_the_physics_of_a_chip_becomes_that_of_its_training():
    common = {
        "epochs": 1,
        "batch": 1,
        "seed": 0,
        "device": None,
        "changes": {"learning_rate": 0.02},
    }
    quiet = archsim.load_architecture(
        "rpu",
        {
            "physics.noise_management": "false",
            "physics.read_noise": "0.01",
            "weights.replicas": "4",
        },
    )
    settings, notes = settings_of(quiet, load_scheme("rpu"), **common)
    assert (settings.read.noise_management, settings.read.bound_management) == ("off", "forward")
    assert settings.read.output_noise == 0.01 and settings.devices_per_weight == 4 and notes == []
    settings, notes = settings_of(archsim.load_architecture("cim40"), load_scheme("rpu"), **common)
    assert settings.read.output_bound == 12.0 and "states no read noise" in notes[0]
    baseline = load_scheme("sgd", {"weights_in": "memory"})
    settings, notes = settings_of(archsim.load_architecture("cim40"), baseline, **common)
    # rounded as the vector unit rounds, so no rule of the core
    assert (settings.rule, settings.device) == ("sgd", "auto") and "digital baseline" in notes[0]
    settings, _ = settings_of(archsim.load_architecture("wu2023"), load_scheme("sgd"), **common)
    assert (settings.rule, settings.device) == ("sgd", "bulk_rram_2bit")  # the device of the chip
