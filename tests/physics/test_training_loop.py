"""The training loop: it learns, its results depend on the seed only, and what it records adds up."""

import os
import signal
import tracemalloc

import numpy as np
import pytest

from archsim.training.data import epoch_order
from archsim.training.loop import train
from archsim.training.sections import ReadSettings
from archsim.training.settings import TrainingSettings
from tests.near import near
from tests.training_runs import NETWORK, RPU, digits


@pytest.fixture(scope="module")
def trained():
    return train(NETWORK, digits(), RPU.model_copy(update={"epochs": 8}))


def test_pulses_learn_digits(trained):
    errors = [row["test_error_percent"] for row in trained.history]
    assert [row["epoch"] for row in trained.history] == list(range(1, 9))
    assert errors[-1] < 9 and errors[0] > errors[-1]
    assert trained.finished and trained.images == 8 * 1437


def test_floating_point_learns_digits():
    result = train(
        NETWORK, digits(), TrainingSettings(rule="float", learning_rate=0.05, epochs=5, batch=2)
    )
    assert result.history[-1]["test_error_percent"] < 8
    assert result.writes[""]["maximum"] == 0


def test_noise_without_management_keeps_errors_from_learning():
    """Errors far below the backward noise: nothing useful reaches the first layers (the RPU
    baseline of Gokmen 2017).
    """
    read = ReadSettings(noise_management="off", bound_management="off", output_noise=0.6)
    result = train(NETWORK, digits(), RPU.model_copy(update={"epochs": 2, "read": read}))
    assert result.history[-1]["test_error_percent"] > 25


def test_same_seed_same_bits_for_any_threads_and_spans():
    one, two = (
        train(NETWORK, digits(400, 101), RPU.model_copy(update={"epochs": 2, "threads": threads}))
        for threads in (1, 2)
    )
    other = train(NETWORK, digits(400, 101), RPU.model_copy(update={"epochs": 2, "seed": 8}))
    assert all((one.weights[name] == two.weights[name]).all() for name in one.weights)
    assert [row["test_error_percent"] for row in one.history] == [
        row["test_error_percent"] for row in two.history
    ]
    assert not all((one.weights[name] == other.weights[name]).all() for name in one.weights)


def test_stopped_and_resumed_anywhere_gives_the_same_bits(tmp_path):
    data = digits(500, 50)
    settings = RPU.model_copy(update={"epochs": 2, "batch": 3})
    whole = train(NETWORK, data, settings)
    part = train(NETWORK, data, settings, folder=tmp_path, stop_after=617)
    assert not part.finished and part.images == 617 + (-(617 - 500)) % 3
    rest = train(NETWORK, data, settings, folder=tmp_path, resume=True)
    assert all((whole.weights[name] == rest.weights[name]).all() for name in whole.weights)
    assert (
        rest.activities == whole.activities
        and rest.writes == whole.writes
        and rest.totals == whole.totals
    )
    keys = ("epoch", "train_error_percent", "test_error_percent", "train_loss", "test_loss")
    assert [[row[key] for key in keys] for row in rest.history] == [
        [row[key] for key in keys] for row in whole.history
    ]


def test_devices_that_decay_are_kept_up_at_the_same_images(tmp_path):
    settings = TrainingSettings(
        epochs=1, device="capacitor", maintenance_images=50, device_settings={"lifetime": 500.0}
    )
    whole = train(NETWORK, digits(180, 20), settings)
    train(NETWORK, digits(180, 20), settings, folder=tmp_path, stop_after=70)
    rest = train(NETWORK, digits(180, 20), settings, folder=tmp_path, resume=True)
    assert all((whole.weights[name] == rest.weights[name]).all() for name in whole.weights)
    lasting = train(
        NETWORK, digits(180, 20), settings.model_copy(update={"device_settings": {"lifetime": 1e9}})
    )
    assert any((whole.weights[name] != lasting.weights[name]).any() for name in whole.weights)


def test_recorded_activity_adds_up(trained):
    images = 1437
    for name, vectors, rows, columns in (("k1", 36, 6, 10), ("w2", 1, 32, 55), ("w3", 1, 10, 33)):
        totals = trained.totals[name]
        update = trained.activities[name, "update"]
        assert totals["forward_reads"] == vectors * images
        assert totals["backward_reads"] == (0 if name == "k1" else vectors * images)
        assert update.source == "measured"
        assert update.coincidences == near(
            totals["coincidences"] / (images * vectors * rows * columns)
        )
        assert update.train_length == near(totals["slots"] / (images * vectors))
        assert update.column_pulses == near(totals["error_side_pulses"] / (totals["slots"] * rows))
        writes = trained.writes[name]
        assert sum(writes["histogram"]["counts"]) == rows * columns
        assert writes["mean"] <= writes["maximum"]
    # half of the pixels of the digits are black
    assert 0.3 < trained.activities["k1", "forward"].input_density < 0.7
    assert trained.activities["w3", "forward"].input_density > 0.8


def test_extracted_weights_read_without_noise():
    noisy = TrainingSettings(epochs=1, read=ReadSettings(output_noise=1.5))
    losses = [
        train(NETWORK, digits(1437, 360), noisy.model_copy(update={"evaluate": how})).history[0][
            "test_loss"
        ]
        for how in ("noisy_arrays", "extracted_weights")
    ]
    assert losses[1] < losses[0] - 0.05


def test_early_stop_and_interrupt(tmp_path):
    settings = TrainingSettings(rule="float", learning_rate=1e-9, epochs=50)
    result = train(NETWORK, digits(50, 50), settings, early_stop=2)
    assert len(result.history) == 3 and "no better" in result.reason
    seen = []

    def progress(now):
        seen.append(now["images"])
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    # a background job starts with Ctrl-C ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stopped = train(NETWORK, digits(1000, 50), RPU, folder=tmp_path, progress=progress)
    assert not stopped.finished and stopped.reason == "interrupted" and stopped.images == seen[1]
    assert (tmp_path / "checkpoint.json").exists()
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_orders_differ_between_epochs_and_seeds():
    orders = [epoch_order(seed, epoch, 100) for seed, epoch in ((1, 0), (1, 1), (2, 0))]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert (epoch_order(1, 1, 100) == orders[1]).all()


def test_training_needs_little_memory_beside_the_data():
    data = digits(200, 20)
    tracemalloc.start()
    train(NETWORK, data, RPU.model_copy(update={"epochs": 1}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6, np.format_float_scientific(peak)
