"""What the conformance battery tries: a scheme with settings, on the embedded digits or on one
small layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from archsim.schemes import list_schemes, load_scheme

if TYPE_CHECKING:
    import numpy as np

    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.schemes.layer_state import LayerState
    from archsim.training.machine import Machine
    from archsim.training.settings import TrainingSettings
    from workloads.datasets import Dataset

IMAGES = 16
"""Digits of the short training whose actions are counted."""
# With converters and noise off, what is left to differ from the reference is the rule itself.
_EXACT = {
    "input_bits": 0,
    "output_bits": 0,
    "output_bound": 0.0,
    "output_noise": 0.0,
    "noise_management": "off",
    "bound_management": "off",
}


@dataclass(frozen=True)
class Case:
    """A scheme with the settings that it is tried with: `practice` and `trial` as training settings
    (scheme_settings among them).
    """

    name: str
    variant: str = ""
    practice: Mapping[str, Any] = field(default_factory=dict)
    trial: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """scheme or scheme:variant."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def scheme(self) -> Scheme:
        """The scheme with the settings of its practice."""
        return load_scheme(self.name, self.practice.get("scheme_settings"))

    def with_setting(self, path: str, value: Any) -> Case:
        """The case with one more setting of its practice: a field of the scheme, or
        `training.FIELD`.
        """
        field_name = path.removeprefix("training.")
        if path.startswith("training."):
            return replace(self, practice={**self.practice, field_name: value})
        # Schemes without a core of their own are the pulsed rule under a name.
        if load_scheme(self.name).core == "rpu":  # the core's own rule has its settings there
            return replace(self, practice={**self.practice, "update": {field_name: value}})
        own = {**self.practice.get("scheme_settings", {}), field_name: value}
        return replace(self, practice={**self.practice, "scheme_settings": own})

    def settings(self, **more: Any) -> TrainingSettings:
        """Training settings of its practice, with `more` on top."""
        from archsim.training.settings import read_settings

        return read_settings({**core_settings(self.name), **self.practice, **more})


def core_settings(name: str) -> dict[str, Any]:
    """The rule of a training run of this scheme: its own, or the pulsed one of the core on the
    scheme's device.
    """
    from archsim.training.settings import STANDARD_DEVICE

    scheme = load_scheme(name)
    return (
        {"rule": "rpu", "device": scheme.device or STANDARD_DEVICE}
        if scheme.core == "rpu"
        else {"rule": name}
    )


def cases_of(names: Iterable[str] | None = None) -> list[Case]:
    """A case for each scheme (default: all that are registered) and one for each of its variants."""
    cases = []
    for name in sorted(list_schemes() if names is None else names):
        kind = type(load_scheme(name))
        cases.append(Case(name, "", kind.practice, kind.trial))
        for variant, declared in kind.variants.items():
            practice = kind.practice | declared.get("practice", {})
            trial = kind.trial | declared.get("trial", {})
            cases.append(Case(name, variant, practice, trial))
    return cases


@cache
def digits(train: int | None = None) -> Dataset:
    """The embedded digits, or the first `train` images of them."""
    from workloads.datasets import load_dataset

    return load_dataset("digits", train=train)


def fitting_chip(case: Case) -> Architecture:
    """A chip whose cells are the devices of the scheme's weights, one by one: pairs as two columns,
    the bias where the case has it, as a row unless it says otherwise.
    """
    from archsim.chip import load_architecture
    from archsim.devices.presets import load_device
    from archsim.training.settings import device_of

    settings = case.settings()
    # From the settings and not from the scheme, for a variant may choose another device.
    device = device_of(settings)
    digital = any(tiles.bias == "digital" for tiles in settings.tiles.values())
    paired = bool(device) and load_device(device).paired
    return load_architecture(
        # Large enough for either layer in one tile, so that splitting plays no part.
        "rpu_512",
        {
            "weights.mapping": "differential" if paired else "reference_column",
            "weights.bias": "digital" if digital else "row",
        },
    )


def trained_machine(case: Case, images: int = IMAGES) -> Machine:
    """A machine that was trained on the first digits."""
    import numpy as np

    from archsim.training.machine import Machine
    from workloads import load_network

    machine = Machine(load_network("digits_cnn"), case.settings())
    # By the machine and not by `train`, whose reports and checkpoints are no part of what is
    # checked.
    data = digits()
    flat = np.ascontiguousarray(data.train_images[:images].reshape(images, -1), np.float32)
    machine.train(
        flat,
        np.asarray(data.train_labels[:images], np.int64).reshape(images, -1),
        np.arange(images),
        0,
    )
    return machine


class Trial:
    """One mini-batch on a single small layer with exact reads, again and again with the same
    weights and other random numbers.
    """

    def __init__(self, case: Case):
        import numpy as np

        from archsim.training.settings import read_settings
        from workloads.network import Layer, Network

        self.network = Network(
            "small",
            (
                Layer("input", "input", (), (), (6,)),
                Layer("fc", "linear", ("input",), ((6,),), (5,), bias=True),
                Layer("softmax", "softmax", ("fc",), ((5,),), (5,)),
            ),
        )
        self.settings = read_settings(
            {**core_settings(case.name), "batch": 4, "read": _EXACT, **case.trial}
        )
        self.scheme = load_scheme(case.name, self.settings.scheme_settings)
        # The images are the same in every trial; only the rule's own chance differs.
        generator = np.random.default_rng(5)
        self.images = generator.uniform(0, 1, (self.settings.batch, 6)).astype(np.float32)
        self.labels = generator.integers(0, 5, (self.settings.batch, 1))
        self._untrained: Machine | None = None

    def fresh(self) -> Machine:
        """The layer before the mini-batch."""
        from archsim.training.machine import Machine

        return Machine(self.network, self.settings)

    def _layer_before(self, fresh: Machine) -> LayerState:
        """The layer before the mini-batch, for a reference: of one machine that never trains, built
        anew where a reference wrote to it.
        """
        import numpy as np

        kept = self._untrained
        held = ("weights", "state", "planes", "writes")
        if kept is None or not all(
            # Where programming is random, each trial starts from other weights and its reference
            # has to be that of these.
            np.array_equal(getattr(kept.arrays, name), getattr(fresh.arrays, name))
            for name in held
        ):
            kept = self._untrained = self.fresh()
        return kept.layers()[0] if kept.rule is None else kept.rule.layers[0]

    def run(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """(change of the weights, reference of it), both (M, N), in trial `number`, which has
        random numbers of its own.
        """
        import numpy as np

        from archsim.training.table import COLUMNS, ROWS

        # Draws are keyed by the step: trials far apart share none.
        step = 1000 * number
        machine = self.fresh()
        before = machine.arrays.weights.copy()
        layer = self._layer_before(machine)
        machine.train(self.images, self.labels, np.arange(len(self.images)), step)
        inputs, errors = (
            np.stack(views)
            for views in zip(*(machine.seen(0, image) for image in range(len(self.images))))
        )
        row = machine.program.arrays[0]
        change = (machine.arrays.weights - before).reshape(row[ROWS], row[COLUMNS])
        return change, self.scheme.reference_change(
            layer, inputs, errors, self.settings.learning_rate, self.settings.seed, step
        )
