"""Does a setting of the reads act on every path by which a rule reads, each proved alone?

A machine is left with one kind of read that passes the converters, all others being exact; what
another value moves then came that way. A rule reads by every path for which its step is priced, and
by no other.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from archsim.conformance.cases import Case, cases_of
from archsim.devices.presets import load_device
from archsim.kernels.device_read import EXACT
from archsim.trace import build_trace
from archsim.training.arrays import Arrays
from archsim.training.machine import Machine
from archsim.training.settings import TrainingSettings, device_of
from tests.coupling.machines import digits
from tests.coupling.test_schemes import trial
from tests.members import every
from workloads import load_network

IMAGES = 8
NETWORK = load_network("digits_cnn")
CASES = {case.title: case for case in cases_of()}
# Reads that round, clip and are noisy, and another value of each setting.
READ: dict[str, Any] = {
    "input_bits": 7,
    "input_noise": 0.01,
    "input_bound": 1.0,
    "output_bits": 9,
    "output_bound": 4.0,
    "output_noise": 0.06,
    "noise_management": "off",
    "bound_management": "off",
}
OTHER: dict[str, Any] = {
    "input_bits": 3,
    "input_noise": 0.3,
    "input_bound": 0.3,
    "output_bits": 4,
    "output_bound": 0.5,
    "output_noise": 0.3,
}
NOISE_ALONE = {**dict.fromkeys(READ, 0), "input_bound": 1.0, "output_noise": 0.3}
NOISE_ALONE |= {"noise_management": "off", "bound_management": "off"}
# A rule that reads by each path, and what acts there: lines that are read one by one are driven at
# full scale, past the input converter, and one device has the converter's gain for itself.
PATHS = {
    "forward": ("sgd", tuple(OTHER)),
    "backward": ("sgd", tuple(OTHER)),
    "state": ("tiki_taka", ("output_bits", "output_bound", "output_noise")),
    "device": ("sgd", ("output_bits", "output_noise")),
}


def settings_of(case: Case, read: dict[str, Any], **more: Any) -> TrainingSettings:
    """Settings of a training that moves weights clearly, and that reads so."""
    training, own = trial(case)
    words = {"scheme_settings": own} if own else {}
    return case.settings(**{**training, **words, "epochs": 1, "seed": 3, "read": read, **more})


def reading_by(path: str, settings: TrainingSettings) -> Machine:
    """A machine of which all reads but those of one path are exact."""
    with pytest.MonkeyPatch.context() as patch:
        if path != "state":
            patch.setattr(Arrays, "line_read", lambda arrays, index: None)
        if path != "device":
            patch.setattr("archsim.training.array_memory.device_read", lambda *of: EXACT)
        machine = Machine(NETWORK, settings)
    if path not in ("forward", "test"):
        machine.forward = machine.ideal
    if path != "backward":
        machine.backward = machine.ideal
    return machine


class Trained(NamedTuple):
    """All weights, states and writes of a training, and whether a pair was refreshed."""

    bits: bytes
    refreshed: bool


def trained(path: str, settings: TrainingSettings) -> Trained:
    """What some images give by the reads of one path."""
    machine = reading_by(path, settings)
    images, labels = examples()
    machine.train(images, labels, np.arange(IMAGES), 0)
    machine.maintain(1, IMAGES, IMAGES)
    state = machine.rule.state() if machine.rule is not None else {}
    moved = [machine.arrays.weights, machine.arrays.writes, machine.counts, *state.values()]
    bits = b"".join(values.tobytes() for values in moved)
    return Trained(bits, any(done.pairs for done in machine.arrays.refreshed.values()))


@cache
def examples() -> tuple[np.ndarray, np.ndarray]:
    """Images (IMAGES, values) and labels (IMAGES, 1)."""
    data = digits()
    images = np.ascontiguousarray(data.train_images[:IMAGES].reshape(IMAGES, -1), np.float32)
    return images, np.asarray(data.train_labels[:IMAGES], np.int64).reshape(IMAGES, -1)


@cache
def with_noise_by(title: str, path: str) -> Trained:
    """What a rule gives where only the outputs of one path are noisy; of none without a path."""
    settings = settings_of(CASES[title], NOISE_ALONE)
    device = device_of(settings)
    if device and "read_noise" in load_device(device).values:
        own = {**settings.device_settings, "read_noise": 0.0}
        settings = settings.model_copy(update={"device_settings": own})
    return trained(path, settings)


def priced(title: str) -> set[str]:
    """The paths for which a rule's steps and setup are priced."""
    trace = build_trace(NETWORK, CASES[title].scheme, "training", 4)
    operations = trace.image_operations + trace.batch_operations
    reads = [op for op in (*operations, *trace.setup_operations) if op.kind == "read"]
    lines = [op for op in reads if op.phase != "forward"]
    device = device_of(settings_of(CASES[title], NOISE_ALONE))
    verified = [op for op in operations if op.kind == "write" and op.activity.verify_reads]
    values = load_device(device).values if device else {}
    window = "verify_window" in values
    # a refresh, which the upkeep of a training prices as it was counted, looks at the pair
    looks = with_noise_by(title, "device").refreshed
    return {
        *(["forward"] if any(op.phase == "forward" for op in reads) else []),
        *(["backward"] if any(op.kind == "read_transposed" for op in operations) else []),
        *(["state"] if lines or (verified and device and not window) else []),
        *(["device"] if looks or (verified and window) else []),
    }


@every("path", PATHS)
@every("title", CASES)
def test_a_rule_reads_by_the_paths_for_which_it_is_priced(title, path):
    moved = with_noise_by(title, path).bits != with_noise_by(title, "").bits
    assert moved == (path in priced(title))


@cache
def as_it_is(path: str) -> Trained:
    """What the rule of a path gives by its reads."""
    return trained(path, settings_of(CASES[PATHS[path][0]], READ))


@every("path, name", [(path, name) for path, (_, names) in PATHS.items() for name in names])
def test_a_setting_of_the_reads_acts_on_every_path(path, name):
    read = {**READ, name: OTHER[name]}
    assert trained(path, settings_of(CASES[PATHS[path][0]], read)).bits != as_it_is(path).bits


@every("name", OTHER)
def test_a_setting_of_the_reads_acts_in_tests(name):
    losses = set()
    for value in (READ[name], OTHER[name]):
        machine = reading_by("test", settings_of(CASES["sgd"], {**READ, name: value}))
        losses.add(machine.evaluate(*examples(), 0))
    assert len(losses) == 2


def test_a_rule_that_pulses_to_its_targets_reads_where_devices_stand():
    # no window to verify in: the write takes a look at each line before
    written = settings_of(CASES["sgd"], NOISE_ALONE, device="ecram", device_settings={})
    assert trained("state", written).bits != trained("", written).bits
