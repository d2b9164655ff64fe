"""From a design (words and settings) to what the model takes: chip, trace, update rule, images.
Kept in memory by process.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from archsim.chip.replicas import chip_settings
from archsim.exploration.space.fields import WORDS, of_chip
from archsim.exploration.space.space import Space, chip_defaults
from archsim.exploration.work.memory import remembered, state_of
from hwlib.errors import InputError, nearest, unknown

if TYPE_CHECKING:
    from archsim.chip.config import Architecture
    from archsim.schemes.base import Scheme
    from archsim.trace import Trace

_DEVICE = "training.device_settings."


@dataclass(frozen=True, slots=True)
class Step:
    """A design ready to run: a chip, the trace of a step, its update rule (None for inference) and
    the images through it.
    """

    chip: Architecture
    trace: Trace
    rule: Scheme | None
    images: int


def resolve(design: Mapping[str, Any]) -> Step:
    """The step of a design. Raises InputError for a design that the chip, the scheme or the network
    does not allow.
    """
    chip = _chip(
        design["architecture"],
        {
            path: value
            for path, value in design.items()
            if of_chip(path) or chip_settings(path, value)
        },
    )
    settings = tuple(
        sorted((path[7:], value) for path, value in design.items() if path[:7] == "scheme.")
    )
    scheme, phase = design["scheme"], design["phase"]
    trace, rule = _trace(design["network"], scheme, settings, phase, design["batch"])
    return Step(chip, trace, rule, design["images"] or design["batch"])


@remembered(64)
def network_of(name: str):
    from workloads import load_network

    return load_network(name)


@remembered(64)
def _scheme(name: str, settings: tuple) -> Scheme:
    from archsim.schemes import load_scheme

    return load_scheme(name, dict(settings))


@remembered(64)
def _trace(
    network: str, scheme: str | None, settings: tuple, phase: str, batch: int
) -> tuple[Trace, Scheme | None]:
    from archsim.trace import build_trace

    rule = _scheme(scheme, settings) if scheme is not None and phase == "training" else None
    return build_trace(network_of(network), rule, phase, batch), rule


@remembered(16)
def _chip_content(name: str) -> dict[str, Any]:
    from archsim.chip import load_architecture

    return load_architecture(name).model_dump(
        by_alias=True, exclude_unset=True
    )  # as the file says it: what it leaves open may follow


def _chip(name: str, settings: Mapping[str, Any]) -> Architecture:
    from pydantic import ValidationError

    from archsim.chip.cells import share_cell_values
    from archsim.chip.config import Architecture
    from archsim.chip.load import validate

    content = _with(_chip_content(name), settings)
    paths = [".".join(keys) for path, value in settings.items() for keys, _ in _keys(path, value)]
    if any(path.startswith(("physics.", "components.array")) for path in paths):
        content = _own_cell(content)
        share_cell_values(content, paths, name)
    try:
        # the parts' own parameters are checked where they are priced, so this is the whole check
        return Architecture.model_validate(content).read_from(name)
    except ValidationError:
        return validate(content, name)  # says which field it is


def _own_cell(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with tables of its own where the values of a cell stand, which follow each other."""
    components = dict(content.get("components", {}))
    if "array" in components:
        components["array"] = dict(
            components["array"], parameters=dict(components["array"].get("parameters", {}))
        )
    return {**content, "physics": dict(content.get("physics", {})), "components": components}


def _with(content: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The content with settings by dotted path; what they do not touch is shared, not copied."""
    found, own = dict(content), set()
    for keys, value in (
        (keys, value) for path, setting in settings.items() for keys, value in _keys(path, setting)
    ):
        tree, path = found, ".".join(keys)
        for depth, key in enumerate(keys[:-1]):
            here = tuple(keys[: depth + 1])
            if here not in own:
                own.add(here)
                inner = tree.get(key, {})
                if not isinstance(inner, Mapping):
                    raise InputError("not a table", where=path, got=".".join(here))
                tree[key] = dict(inner)
            tree = tree[key]
        tree[keys[-1]] = tuple(value) if isinstance(value, list) else value
    return found


def _keys(path: str, value: Any) -> list[tuple[tuple[str, ...], Any]]:
    """Where a setting stands in its tree: devices per weight are the chip's, and a layer's name may
    hold dots.
    """
    return list((chip_settings(path, value) or {tuple(path.split(".")): value}).items())


def check_value(space: Space, path: str, value: Any, where: str) -> None:
    """Raises InputError where one value of one axis is wrong by itself, whatever the other axes
    say.
    """
    try:
        if path == "network":
            network_of(value)
        elif path == "architecture":
            chip_defaults(value)
        elif path == "scheme":
            _scheme(value, ())
        elif path in ("phase", "batch", "images"):
            _check_word(path, value)
        elif path == "device":
            _check_device(value)
        elif path.startswith("scheme."):
            _check_scheme_value(space, path, value)
        elif path.startswith("training.") and not chip_settings(path, value):
            from archsim.devices.unread import check_swept
            from archsim.training.settings import read_settings

            if path.startswith(_DEVICE):
                check_swept(path.removeprefix(_DEVICE))
            read_settings(_with({}, {path[9:]: value}))
        elif of_chip(path) or chip_settings(path, value):
            _check_chip_value(space, path, value)
    except InputError as error:
        if of_chip(path) and error.got is None and not error.where.endswith(path):
            return  # a rule between fields: another axis may put it right, point by point
        got = error.got if error.got is not None else value
        raise InputError(
            error.what, where=where, got=got, allowed=error.allowed, hint=error.hint
        ) from None


def _check_chip_value(space: Space, path: str, value: Any) -> None:
    """A field that one of several chips takes is no fault of the file."""
    chips = next(
        (axis.values for axis in space.axes if axis.path == "architecture"),
        (space.fixed["architecture"],),
    )
    faults = []
    for chip in chips:
        try:
            _chip(chip, {path: value})
        except InputError as error:
            faults.append(error)
    if len(faults) == len(chips):
        raise faults[0]


def check_data(name: str, where: str) -> None:
    """Raises InputError where a data set is neither a name nor a file that is there."""
    from workloads.datasets import list_datasets

    known = list_datasets()
    if name not in known and not (name.lower().endswith(".npz") and os.path.isfile(name)):
        raise InputError(
            "no such data set",
            where=where,
            got=name,
            allowed=[*known, "or a path to .npz"],
            hint=nearest(name, known),
        )


def _check_word(path: str, value: Any) -> None:
    if path == "phase":
        if value not in ("inference", "training"):
            raise unknown("phase", value, ("inference", "training"))
    elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise InputError("not a whole number", got=value, allowed="1 to 1000000")


def _check_device(value: Any) -> None:
    from archsim.devices import LAWS
    from archsim.devices.presets import load_device, load_presets

    known = [*load_presets(), *LAWS, "auto", "none"]
    if not isinstance(value, str) or (value not in known and not value.endswith(".toml")):
        raise InputError(
            "unknown device", got=value, allowed=known, hint=nearest(str(value), known)
        )
    if value not in ("auto", "none"):
        load_device(value)


def _check_scheme_value(space: Space, path: str, value: Any) -> None:
    names = next(
        (axis.values for axis in space.axes if axis.path == "scheme"), (space.fixed["scheme"],)
    )
    if names == (None,):
        raise InputError("a setting of a scheme without one", hint='name it: scheme = "…"')
    faults = []
    for name in names:
        try:
            _scheme(name, ((path[7:], value),))
        except InputError as error:
            faults.append(error)
    if len(faults) == len(names):
        raise faults[0]


@remembered(64)
def _network_digest(name: str) -> str:
    # what it costs does not depend on the values that its file may hold
    return hashlib.blake2b(
        repr(replace(network_of(name), tensors=None)).encode(), digest_size=8
    ).hexdigest()


@remembered(16)
def _chip_digest(name: str) -> str:
    return hashlib.blake2b(
        json.dumps(chip_defaults(name), sort_keys=True).encode(), digest_size=8
    ).hexdigest()


def _scheme_digest(name: str | None) -> str | None:
    """A scheme's name, with the digest of its source where it is the user's own: the code of
    archsim stands in the head of the rows.
    """
    from archsim.schemes.base import SCHEMES
    from archsim.schemes.own_file import is_own
    from archsim.schemes.source import scheme_digest

    kind = SCHEMES.get(name)
    return f"{name} {scheme_digest(kind)}" if kind is not None and is_own(kind) else name


@remembered(64)
def _device_digest(name: str | None) -> str | None:
    """A device file by what it holds; a name that says no device is refused where it is used."""
    from archsim.training.inputs import device_record

    if name in (None, "auto", "none") or not str(name).endswith(".toml"):
        return name
    try:
        record = device_record(name)
    except InputError:
        return name
    return json.dumps([record["law"], record["parameters"]], sort_keys=True)


def inputs_of_space(space: Space) -> dict[str, Any]:
    """Every named input of a space by its content: "network lenet1" -> digest; a device whole. What
    cannot be read is left out.
    """
    from archsim.training.inputs import data_digest, device_record
    from workloads.datasets import load_dataset

    def record(name: str) -> Any:
        return None if name in ("auto", "none") else device_record(name)

    digests = {
        "network": _network_digest,
        "architecture": _chip_digest,
        "scheme": _scheme_digest,
        "device": record,
    }
    found: dict[str, Any] = {}
    for word, digest in digests.items():
        names = next(
            (axis.values for axis in space.axes if axis.path == word), (space.fixed[word],)
        )
        for name in names:
            if name is not None:
                with contextlib.suppress(InputError):
                    found[f"{word} {name}"] = digest(name)
    for rung in space.rungs:
        if rung.kind == "training":
            name = dict(rung.options).get("data", "digits")
            found[f"data {name}"] = data_digest(load_dataset(name))
    return found


def key_of(design: Mapping[str, Any], node: bool = True) -> str:
    """The key of a design: 16 hexadecimal digits of a digest over what the result depends on,
    written in one canonical way.

    Settings that say what the chip's file says anyway leave no trace, so overlapping spaces share
    their points. With
    `node` False the technology node is left out: what is counted and timed does not depend on it.
    """
    training = design["phase"] == "training"
    words = _words(
        design["network"],
        design["architecture"],
        _scheme_digest(design["scheme"]) if training else None,
        design["phase"],
        design["batch"],
        design["images"] or design["batch"],
        _device_digest(design["device"]),
    )
    architecture = design["architecture"]
    paths = _settings(tuple(design), training, node)
    now = state_of(architecture)
    try:
        settings = [
            text for path in paths if (text := _setting(architecture, now, path, design[path]))
        ]
    except TypeError:  # a list has no place in the cache
        settings = [
            text
            for path in paths
            if (text := _setting.__wrapped__(architecture, now, path, design[path]))
        ]
    return hashlib.blake2b(
        f"[{words}, [{', '.join(settings)}]]".encode(), digest_size=8
    ).hexdigest()


@remembered(256)
def _words(network: str, architecture: str, *rest: Any) -> str:
    return json.dumps((_network_digest(network), _chip_digest(architecture), *rest))


@functools.lru_cache(maxsize=64)
def _settings(paths: tuple[str, ...], training: bool, node: bool) -> tuple[str, ...]:
    """The paths of a design that belong into its key besides the words, in one order."""
    return tuple(
        path
        for path in sorted(paths)
        if path not in WORDS and (training or path[:7] != "scheme.") and (node or path != "node_nm")
    )


@functools.lru_cache(maxsize=4096, typed=True)
def _setting(architecture: str, now: Any, path: str, value: Any) -> str:
    """A setting as it stands in a key; empty where the chip's file, in the state `now`, says the
    same. A sweep asks for the same few again and again."""
    known = chip_defaults(architecture)
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    if (
        path in known
        and known[path] == value
        and isinstance(known[path], bool) == isinstance(value, bool)
    ):
        return ""
    return json.dumps((path, value))
