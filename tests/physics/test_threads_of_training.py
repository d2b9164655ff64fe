"""Does a training on several threads leave the bits of one on one thread?"""

import pkgutil

import numpy as np
import pytest

from archsim.schemes import list_schemes, load_scheme
from archsim.schemes.rule import UpdateRule
from archsim.training.machine import Machine
from archsim.training.parallel import can_share_arrays, images_meet, notes_of_threads
from archsim.training.settings import read_settings
from tests.physics.test_training_gradients import NETWORKS
from workloads.load import load_network

# Mini-batches that last until other threads have woken up; the last one has three images, fewer than
# threads.
BATCH, IMAGES = 128, 259
BASE = {"batch": BATCH, "learning_rate": 0.05, "read": {"bound_management": "forward"}}
NORM = "tests/networks/digits_norm.toml"
WORDS = {"digital": {"format": "int16", "scale_images": 4}}
CASES = {
    "pulses": {},
    "several devices a weight": {"devices_per_weight": {"conv1": 3}},
    "deterministic trains": {"update": {"deterministic": True}},
    "floating point": {"rule": "float"},
    "a scheme": {"rule": "sgd", "device": "none"},
    "one block of generators": {"update": {"source": "lfsr", "sharing": "chip"}},
    # What follows: images that meet, in scales or in words of layers, each way they can.
    "stored words": WORDS,
    "floats that are counted": {"digital": {"format": "fp16"}},
    "running statistics": {"network": NORM},
    "rounded statistics": WORDS | {"network": NORM, "rule": "mixed_precision"},
    "two errors": WORDS | {"network": NORM, "rule": "dsc"},
    "step by step": WORDS | {"network": "lstm"},
    "both ways in time": WORDS | {"network": "both_ways"},
    "weights read twice": WORDS | {"network": "tied_ends"},
    "attention": WORDS | {"network": "tests/networks/digits_attention.toml"},
}


def network_of(name):
    return NETWORKS[name] if name in NETWORKS else load_network(name)


def trained(changes, threads):
    changes = dict(changes)
    network = network_of(changes.pop("network", "digits_cnn"))
    settings = read_settings(BASE | changes | {"threads": threads}, "here")
    machine = Machine(network, settings)
    tables = machine.program.tables(machine.second)
    draw = np.random.default_rng(5)
    images = draw.random((IMAGES, np.prod(network.input_shape)), np.float32)
    labels = draw.integers(
        0, tables.classes, (IMAGES, tables.steps if network in NETWORKS.values() else 1)
    )
    machine.train(images, labels, draw.permutation(IMAGES), 3)
    return machine


def state_of(machine):
    arrays = machine.arrays
    state = {
        "weights": arrays.weights,
        "writes": arrays.writes,
        "clocks": arrays.clocks,
        "totals": machine.totals,
        "samples": machine.samples,
        "counts": machine.counts,
        "results": machine.results,
        "scales": machine.stored.scales,
        "words": machine.kept.record.values,
        "scales of words": machine.kept.record.scales,
    }
    if machine.rule is not None:
        state |= machine.rule.kept()
        state |= {f"done by {k}": done_by(done) for k, done in enumerate(machine.rule.done)}
    return {name: values.tobytes() for name, values in state.items()}


def done_by(done):
    return np.array([*done.actions.values(), *done.sums.values(), done.images, done.batches])


@pytest.mark.parametrize("case", CASES)
def test_any_number_of_threads_trains_to_the_same_bits(case):
    one = trained(CASES[case], 1)
    assert one.threads is None
    assert one.results[2] == IMAGES and one.samples.any()
    for threads in (2, 5):
        several = trained(CASES[case], threads)
        assert several.threads.number == threads
        for name, values in state_of(several).items():
            assert values == state_of(one)[name], (threads, name)


def test_images_meet_in_stored_words_and_words_of_layers():
    meeting = ("stored words", "floats that are counted", "running statistics")
    assert all(images_meet(trained(CASES[case], 1)) for case in meeting)
    assert not images_meet(trained(CASES["pulses"], 1))


def test_what_a_thread_counts_lies_in_cache_lines_of_its_own():
    machine = trained(CASES["a scheme"], 2)
    own = [values for room in machine.threads.scratch for values in room]
    own += [machine.totals, machine.samples, machine.memory, machine.stored.scales]
    own += [kept for kept in machine.rule.words.scales.values()]
    spans = sorted((values.ctypes.data, values.nbytes) for values in own)
    assert all(start % 128 == 0 for start, _ in spans)
    assert all(one + size <= other for (one, size), (other, _) in zip(spans, spans[1:]))


def test_what_is_left_of_the_images_is_looked_at_once():
    machine = trained(CASES["one block of generators"], 2)
    assert machine.threads.left == []
    before = machine.samples.copy()
    machine.threads.finish()
    assert np.array_equal(machine.samples, before)


def test_arrays_with_generators_of_their_own_are_apart():
    assert not can_share_arrays(trained(CASES["one block of generators"], 1))
    assert can_share_arrays(trained(CASES["pulses"], 1))


def test_a_thread_that_ends_in_an_error_leaves_nobody_waiting(monkeypatch):
    settings = read_settings(BASE | WORDS | {"threads": 3}, "here")
    machine = Machine(load_network("digits_cnn"), settings)
    present = machine.present
    calls = []

    def broken(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            # it took the first image, and never comes to an end with it
            arguments[6][-1][0] += 1
            raise ArithmeticError
        present(*arguments)

    machine.present = broken
    with pytest.raises(ArithmeticError):
        machine.train(np.ones((8, 64), np.float32), np.zeros((8, 1), np.int64), np.arange(8), 0)


def test_threads_without_work_are_noted():
    def notes(**changes):
        return notes_of_threads(trained(changes, changes.pop("threads", 3)))

    assert notes() == notes(**CASES["a scheme"]) == notes(threads=1, batch=1) == []
    assert "the tests alone" in notes(batch=1)[0]
    assert notes(batch=2)[0].startswith("training.threads=3: 2 of them share")
    assert "one block of generators" in notes(**CASES["one block of generators"])[0]
    with pytest.MonkeyPatch.context() as patch:
        rule = type(trained(CASES["a scheme"], 1).rule)
        patch.setattr(rule, "layers_apart", False)
        assert "DigitalRule does not say" in notes(**CASES["a scheme"])[0]


def test_all_of_ours_say_that_their_layers_are_apart():
    faces = [load_scheme(name) for name in list_schemes()]
    rules = [pkgutil.resolve_name(face.algorithm) for face in faces if face.algorithm]
    assert len(rules) > 10 and all(rule.layers_apart for rule in rules)


def test_a_rule_of_another_image_says_anew_that_layers_are_apart():
    class Parent(UpdateRule):
        layers_apart = True

        def image(self, layer, inputs, errors, step):
            pass

        def images(self, layer, inputs, errors, step):
            pass

    class Child(Parent):
        def image(self, layer, inputs, errors, step):
            pass

    class Settings(Parent):
        pass

    class Ending(Parent):
        batches_apart = True

        def batch(self, layer, step):
            pass

    class Other(Ending):
        def batch(self, layer, step):
            pass

    assert Settings.layers_apart and Settings.images is Parent.images
    assert Parent.batches_apart and Ending.batches_apart and not Other.batches_apart
    assert not Child.layers_apart and Child.images is UpdateRule.images
