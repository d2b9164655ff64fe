"""Small trainings that the conformance battery makes of every update scheme."""

from functools import cache

import numpy as np

import archsim
from archsim.architecture import load_architecture
from archsim.devices.presets import load_device
from archsim.schemes import load_scheme
from archsim.trace import build_trace, with_activity
from archsim.training.machine import Machine
from archsim.training.program import COLUMNS, ROWS
from archsim.training.recorder import measured_activities, performed
from archsim.training.settings import TrainingSettings, device_of
from workloads import load_network
from workloads.datasets import load_dataset
from workloads.network import Layer, Network

EXACT = {"input_bits": 0, "output_bits": 0, "output_bound": 0.0, "output_noise": 0.0, "noise_management": "off", "bound_management": "off"}
SMALL = Network("small", (
    Layer("input", "input", (), (), (6,)), Layer("fc", "linear", ("input",), ((6,),), (5,), bias=True),
    Layer("softmax", "softmax", ("fc",), ((5,),), (5,))))


def settings(name, values=(), **more):
    """Training settings of a scheme; `values` are those that the scheme declares."""
    return TrainingSettings.model_validate({"rule": name, **dict(values), **more})


@cache
def digits(train=None):
    """The embedded digits, or the first `train` images of them."""
    return load_dataset("digits") if train is None else load_dataset("digits").first(train=train)


def counted_and_performed(name, scheme_settings=(), images=16):
    """Counts of the update by (layer, component, action): in the ledger with the measured activity, and by the algorithm."""
    machine, result = trained_and_run(name, scheme_settings, images)
    counted, done = {}, {}
    for row in result.ledger:
        if row["phase"] == "update":
            key = row["layer"], row["component"], row["action"]
            counted[key] = counted.get(key, 0) + row["count"]
    for layer, actions in zip(machine.program.names, performed(machine)):
        done |= {(layer, component, action): count for (component, action), count in actions.actions.items()}
    return counted, done


def trained_and_run(name, scheme_settings=(), images=16):
    """A machine that was trained on the first digits, and the simulation of the same images with the activity it measured."""
    machine = machine_of(name, images, scheme_settings=dict(scheme_settings))
    scheme = load_scheme(name, dict(scheme_settings))
    trace = with_activity(build_trace(load_network("digits_cnn"), scheme, "training", machine.settings.batch), measured_activities(machine))
    return machine, archsim.simulate(trace, fitting_chip(name), scheme, images=images, timing=False)


def machine_of(name, images, network=None, **more):
    """A machine that was trained on the first digits with what the scheme suggests."""
    machine = Machine(network or load_network("digits_cnn"), settings(name, load_scheme(name).practice, **more))
    data = digits()
    flat = np.ascontiguousarray(data.train_images[:images].reshape(images, -1), np.float32)
    machine.train(flat, np.asarray(data.train_labels[:images], np.int64).reshape(images, -1), np.arange(images), 0)
    return machine


def fitting_chip(name):
    """A chip whose cells are the devices of the scheme's weights, one by one: pairs as two columns, the bias as a row."""
    device = device_of(settings(name, load_scheme(name).practice))
    paired = bool(device) and load_device(device).paired
    return load_architecture("rpu_512", {"weights.mapping": "differential" if paired else "reference_column"})


class Trial:
    """One mini-batch on a single small layer with exact reads, again and again with the same weights and other random numbers."""

    def __init__(self, name):
        self.scheme = load_scheme(name, load_scheme(name).trial.get("scheme_settings"))
        trial = {"batch": 4, "read": EXACT} | self.scheme.trial
        self.settings = settings(name, trial)
        generator = np.random.default_rng(5)
        self.images = generator.uniform(0, 1, (self.settings.batch, 6)).astype(np.float32)
        self.labels = generator.integers(0, 5, (self.settings.batch, 1))

    def fresh(self):
        return Machine(SMALL, self.settings)

    def run(self, step):
        """(change of the weights, reference of it) where the first image has the number `step`."""
        machine = self.fresh()
        before = machine.arrays.weights.copy()
        machine.train(self.images, self.labels, np.arange(len(self.images)), step)
        inputs, errors = (np.stack(views) for views in zip(*(machine.seen(0, image) for image in range(len(self.images)))))
        row = machine.program.arrays[0]
        new = self.fresh()
        layer = new.layers()[0] if new.rule is None else new.rule.layers[0]
        reference = self.scheme.reference_change(layer, inputs, errors, self.settings.learning_rate, self.settings.seed, step)
        return (machine.arrays.weights - before).reshape(row[ROWS], row[COLUMNS]), reference
