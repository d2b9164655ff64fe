"""Fixed small machines on which settings are turned: a network, a chip, a seed, and what is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

import archsim
from archsim.chip.config import Architecture
from archsim.run.step_time import with_clock
from archsim.schemes import load_scheme
from archsim.schemes.base import Scheme
from archsim.trace import build_trace
from archsim.training.loop import train
from archsim.training.settings import TrainingSettings, device_of
from archsim.training.setup import chip_with_devices, settings_of, silicon_scheme
from archsim.training.unused import left_by_both
from workloads import load_network
from workloads.datasets import Dataset, load_dataset
from workloads.network import Layer, Network

IMAGES = 16
TESTED = 8

# Two columns of the model dual_column take inputs without a sign, so its network has a ReLU.
POSITIVE = Network(
    "positive",
    (
        Layer("input", "input", (), (), (6,)),
        Layer("conv1", "linear", ("input",), ((6,),), (5,), bias=True),
        Layer("relu", "relu", ("conv1",), ((5,),), (5,)),
        Layer("fc", "linear", ("relu",), ((5,),), (4,), bias=True),
    ),
)


# Six tokens of 8 features: the scores of queries and keys have no weights.
_TOKENS = (6, 8)
_TURNED = (8, 6)
ATTENTION = Network(
    "attention",
    (
        Layer("input", "input", (), (), _TOKENS),
        Layer("conv1", "linear", ("input",), (_TOKENS,), _TOKENS, bias=True),
        Layer("turn", "transpose", ("conv1",), (_TOKENS,), _TURNED, settings=(("axes", (1, 0)),)),
        Layer("scores", "matmul", ("conv1", "turn"), (_TOKENS, _TURNED), (6, 6)),
        Layer("mix", "matmul", ("scores", "conv1"), ((6, 6), _TOKENS), _TOKENS),
        Layer("fc", "linear", ("mix",), (_TOKENS,), (6, 4), bias=True),
    ),
)
NORMALISED = Network(
    "normalised",
    (
        Layer("input", "input", (), (), (64,)),
        Layer("fc1", "linear", ("input",), ((64,),), (6,)),
        Layer("norm", "batch_norm", ("fc1",), ((6,),), (6,)),
        Layer("relu", "relu", ("norm",), ((6,),), (6,)),
        Layer("fc", "linear", ("relu",), ((6,),), (10,), bias=True),
    ),
)
OWN = {network.name: network for network in (POSITIVE, ATTENTION, NORMALISED)}


@dataclass(frozen=True)
class Machine:
    """What is run: an inference with real `data`, or a training step of `scheme` and a training of
    some images by it.
    """

    chip: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    scheme: str = ""
    scheme_settings: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    network: str = "digits_cnn"
    images: int = 2
    data: str | None = "random"
    device: str | None = None

    @property
    def layers(self) -> Network:
        """The network."""
        return network_of(self.network)

    def described(self, changes: Mapping[str, Any] | None = None) -> Architecture:
        """The chip, with further settings."""
        return archsim.load_architecture(self.chip, {**self.settings, **(changes or {})})

    def rule(self) -> Scheme:
        """The update rule."""
        return load_scheme(self.scheme, dict(self.scheme_settings))


def network_of(name: str) -> Network:
    """A network of these tests, or a built-in one."""
    return OWN[name] if name in OWN else load_network(name)


@dataclass(frozen=True)
class Outcome:
    """Area in mm2, energy in J and time in s of all parts, with what is done once; `accuracy`:
    every bit of trained weights, tests and outputs.
    """

    area: float
    energy: float
    time: float
    accuracy: bytes
    activity: str = ""
    """What a training counted of its pulses, writes and retries."""
    unused: frozenset[str] = frozenset()
    """Settings that the result says nothing read."""


def run(machine: Machine, chip: Architecture, rule: Scheme | None = None, training=None) -> Outcome:
    """The outcome of a machine whose chip, rule or training may differ from its own."""
    if not machine.scheme:
        return _inference(machine, chip)
    changes = machine.training if training is None else training
    return _training(machine, chip, rule or machine.rule(), changes)


def _inference(machine: Machine, chip: Architecture) -> Outcome:
    network = machine.layers
    data: Any = machine.data
    if machine.network == "positive":
        data = np.random.default_rng(1).random((machine.images, 6))
    result = archsim.simulate(network, chip, images=machine.images, data=data, seed=1)
    outputs = b"" if result.outputs is None else result.outputs.tobytes()
    return _priced(result, Computed(outputs), result.document["unused"])


def _training(machine: Machine, chip: Architecture, rule: Scheme, changes: Any) -> Outcome:
    network = machine.layers
    chip, left = chip_with_devices(chip, rule, changes, network)
    settings, _ = settings_of(
        chip, rule, epochs=1, batch=2, seed=1, device=machine.device, changes=left, network=network
    )
    rule = silicon_scheme(rule, settings)
    trace = build_trace(network, rule, "training", settings.batch)
    settings, _ = with_clock(settings, trace, chip, rule)
    result = archsim.simulate(trace, chip, rule, images=machine.images)
    computed = trained_bits(machine.network, settings)
    silicon = dict.fromkeys(result.document["unused"], "")
    unused = left_by_both(silicon, chip, rule, settings, network)
    priced = _priced(result, computed, [*unused, *computed.unused])
    if rule.digital_baseline or device_of(settings):
        return priced
    # exact weights on arrays are a reference: its cycles are counted, and have no price
    return replace(priced, area=0.0, energy=0.0)


def _priced(result: Any, computed: Computed, unused: Iterable[str]) -> Outcome:
    document = result.to_dict()
    once = document.get("setup") or {"energy_j": 0.0, "off_chip_energy_j": 0.0, "seconds": 0.0}
    parts = [*document["by_component"].values(), *document["by_component_off_chip"].values()]
    return Outcome(
        sum(part["area_mm2"] for part in parts),
        document["boundaries"]["system"]["energy_j"] + once["energy_j"] + once["off_chip_energy_j"],
        document["latency_s"] + (once["seconds"] or 0.0),
        computed.bits,
        computed.activity,
        frozenset(unused),
    )


class Computed(NamedTuple):
    """What a run computes, without its silicon; see `Outcome`."""

    bits: bytes
    activity: str = ""
    unused: tuple[str, ...] = ()


_TRAINED: dict[tuple[str, str], Computed] = {}


def trained_bits(network: str, settings: TrainingSettings) -> Computed:
    """Every bit that a training of some digits gives, and what it counted. All depend on the
    settings alone, so that equal ones are trained once.
    """
    key = network, settings.model_dump_json()
    if key not in _TRAINED:
        done = train(network_of(network), digits(), settings)
        weights = [values.tobytes() for _, values in sorted(done.weights.items())]
        tests = [[row["train_loss"], row["test_loss"]] for row in done.history]
        # a later test of devices that do not age is the last one again
        later = done.later.get("test_loss", tests[-1][1])
        bits = b"".join(weights) + repr((tests, later)).encode()
        counted = repr((done.activities, done.refreshes))
        _TRAINED[key] = Computed(bits, counted, tuple(f"device.{name}" for name in done.unread))
    return _TRAINED[key]


@cache
def digits() -> Dataset:
    """The first of the digits."""
    return load_dataset("digits").first(train=IMAGES, test=TESTED)
