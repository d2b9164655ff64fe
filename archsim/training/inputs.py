"""What a training depends on, each by its content: two inputs of one name may differ, and one input
may have two names.

A checkpoint, a comparison and a sweep keep these; whoever goes on with one holds them against what
is there now.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.basics.version import VERSION
from archsim.devices.presets import find_preset, load_device
from archsim.schemes.source import scheme_digest
from archsim.training.settings import TrainingSettings, device_of
from hwlib.errors import InputError
from workloads.network import Network

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from workloads.datasets import Dataset

_LETTERS = 16
# of a network: where it came from, what was assumed; values are read apart
_TOLD = ("source", "notes", "without_values", "tensors", "sequence")
# of a network too, but younger than stored digests: None says nothing new
_LATER = ("held",)


def inputs_of(
    network: Network, chip: Architecture, scheme: Scheme, settings: TrainingSettings, data: Dataset
) -> dict[str, Any]:
    """Every input of a training: digests, and the device whole. `data` as it is trained on."""
    return {
        "archsim": VERSION,
        "network": network_digest(network),
        "chip": chip_digest(chip),
        "scheme": scheme_digest(type(scheme)),
        "device": device_record(device_of(settings), settings.device_settings),
        **_devices_of_layers(settings),
        "data": data_digest(data),
    }


def _devices_of_layers(settings: TrainingSettings) -> dict[str, Any]:
    """The devices of layers that lie on cores with their own; nothing where none does."""
    named = {layer: own.device for layer, own in settings.cores.items() if own.device is not None}
    changes = settings.device_settings
    records = {layer: device_record(name, changes) for layer, name in named.items()}
    return {"devices": records} if records else {}


def network_digest(network: Network) -> str:
    """The digest of a network's layers, sizes and names, and of the values that its file holds."""
    fields = {
        field.name: getattr(network, field.name)
        for field in dataclasses.fields(network)
        if field.name not in _TOLD
        and (field.name not in _LATER or getattr(network, field.name) is not None)
    }
    # By content: a file that was edited under its old name is another input.
    digest = hashlib.sha256(repr(fields).encode())
    held = network.tensors.read() if network.tensors is not None else {}
    for layer in sorted(held):
        for role, array in sorted(held[layer].items()):
            digest.update(f"{layer} {role} {array.dtype} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    return digest.hexdigest()[:_LETTERS]


def layers_digest(network: Network) -> str:
    """What a checkpoint knows its network by: its layers, without its name and its weights, so that
    the same layers in another file go on with it.
    """
    return _digest(repr(network.layers).encode())


def chip_digest(chip: Architecture) -> str:
    """The digest of a chip's whole description. Fields that are younger than stored digests enter none
    while they say nothing.
    """
    silent: dict[str, Any] = {}
    if not chip.core.kinds:
        silent["core"] = {"kinds"}
    if not chip.placement.kind:
        silent["placement"] = {"kind"}
    return _digest(chip.model_dump_json(by_alias=True, exclude=silent).encode())


def device_record(
    name: str | None, changes: Mapping[str, object] | None = None
) -> dict[str, Any] | None:
    """A device by its law and all its parameters, and where they come from; None for exact weights.
    Raises InputError for no device.
    """
    if not name:
        return None
    preset = find_preset(name)
    device = load_device(name, changes)
    record: dict[str, Any] = {"law": device.name, "parameters": dict(device.values)}
    return record | ({"title": preset.title, "source": preset.source} if preset else {})


def data_digest(data: Dataset) -> str:
    """The digest of images, labels and classes of both parts."""
    digest = hashlib.sha256(f"{data.classes}".encode())
    for array in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        digest.update(f"{array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    return digest.hexdigest()[:_LETTERS]


def changed_inputs(before: Any, now: Mapping[str, Any]) -> list[str]:
    """Names of the inputs that differ, those that are gone too; all where `before` says nothing."""
    before = before if isinstance(before, dict) else {}
    return [name for name in {**now, **before} if before.get(name) != now.get(name)]


def refuse_changed(before: Any, now: Mapping[str, Any], where: str) -> None:
    """Raises InputError where a training that began with other inputs would go on with those of
    now.
    """
    changed = changed_inputs(before, now)
    if not changed:
        return
    if not isinstance(before, dict):
        raise InputError(
            "the checkpoint does not say what it was trained with: it was made by an earlier version",
            where=where,
            hint="begin a new training in another folder",
        )
    parameters = (
        _changed_parameters(before.get("device"), now["device"]) if changed == ["device"] else ""
    )
    raise InputError(
        f"changed since the checkpoint was made: {', '.join(changed)}{parameters}",
        where=where,
        got={name: now.get(name) for name in changed},
        allowed=str({name: before.get(name) for name in changed}),
        hint="put it back as it was to go on, or begin a new training in another folder",
    )


def _changed_parameters(before: Any, now: Any) -> str:
    """Which parameters of the same law differ."""
    if not isinstance(before, dict) or not isinstance(now, dict) or before.get("law") != now["law"]:
        return ""
    stored = before.get("parameters", {})
    differ = [
        f"{name} {stored.get(name)} → {value}"
        for name, value in now["parameters"].items()
        if stored.get(name) != value
    ]
    return f" ({', '.join(differ)})" if differ else ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_LETTERS]
