"""What the arrays of a layer have otherwise than those of other layers: converters and devices of
the kind of cores on which it lies (`settings.cores`).
"""

from __future__ import annotations

from collections.abc import Sequence

from archsim.basics.layer_names import require_layers
from archsim.devices.device import Device
from archsim.devices.presets import load_device
from archsim.training.sections import ReadSettings
from archsim.training.settings import TrainingSettings, device_of
from hwlib.errors import InputError


def read_of(settings: TrainingSettings, layer: str) -> ReadSettings:
    """The periphery of the reads of a layer.

    Args:
        settings: of the training.
        layer: by name.
    """
    own = settings.cores.get(layer)
    if own is None:
        return settings.read
    values = {"output_bits": own.output_bits, "slot_bits": own.slot_bits}
    named = {name: value for name, value in values.items() if value is not None}
    # Both were checked where they came from: a copy is not checked anew.
    return settings.read.model_copy(update=named) if named else settings.read


def device_name(settings: TrainingSettings, layer: str) -> str:
    """The device of a layer's weights; "" for exact ones."""
    own = settings.cores.get(layer)
    return device_of(settings) if own is None or own.device is None else own.device


def devices_by_layer(settings: TrainingSettings, layers: Sequence[str]) -> list[Device | None]:
    """The devices of layers, one object for equal ones.

    Args:
        settings: of the training.
        layers: by name, as often as they have arrays.

    Raises:
        InputError: for cores of a layer that has no weights, and for devices of several laws: pulses
            move all of them by one.
    """
    require_layers(settings.cores, sorted(set(layers)), "training.cores")
    base = device_of(settings)
    loaded: dict[str, Device | None] = {"": None}
    # Each device once: equal objects tell that their arrays are alike.
    for name in (base, *(device_name(settings, layer) for layer in layers)):
        if name not in loaded:
            loaded[name] = load_device(name, settings.device_settings)
    # One compiled update walks all arrays, and it is compiled for one law.
    laws = {type(device).__name__: name for name, device in loaded.items() if device is not None}
    if len(laws) > 1:
        raise InputError(
            "the devices of a training move by one law",
            where="training.cores",
            got=", ".join(f"{name} ({law})" for law, name in laws.items()),
            hint="give kinds of cores devices of one law (core.kinds.NAME.weights.device)",
        )
    return [loaded[device_name(settings, layer)] for layer in layers]
