"""Digests of designs and of what they name: the key under which a point stands in a store."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archsim.exploration.space.design import network_of
from archsim.exploration.space.fields import WORDS
from archsim.exploration.space.space import Space, chip_defaults
from archsim.exploration.work.memory import remembered, state_of
from hwlib.errors import InputError


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
    from archsim.schemes.source import is_own, scheme_digest

    kind = None if name is None else SCHEMES.get(name)
    return f"{name} {scheme_digest(kind)}" if kind is not None and is_own(kind) else name


@remembered(64)
def _device_digest(name: str | None) -> str | None:
    """A device file by what it holds; a name that says no device is refused where it is used."""
    from archsim.training.inputs import device_record

    if name is None or not name.endswith(".toml"):
        return name
    try:
        record = device_record(name)
    except InputError:
        return name
    if record is None:
        return name
    return json.dumps([record["law"], record["parameters"]], sort_keys=True)


def inputs_of_space(space: Space) -> dict[str, Any]:
    """Every named input of a space by its content: "network lenet1" -> digest; a device whole. What
    cannot be read is left out.
    """
    from archsim.training.inputs import data_digest, device_record
    from archsim.training.settings import EXACT_WORDS
    from workloads.datasets import load_dataset

    def record(name: str) -> Any:
        return None if name in ("auto", *EXACT_WORDS) else device_record(name)

    digests = {
        "network": _network_digest,
        "architecture": _chip_digest,
        "scheme": _scheme_digest,
        "device": record,
    }
    inputs: dict[str, Any] = {}
    for word, digest in digests.items():
        names = next(
            (axis.values for axis in space.axes if axis.path == word), (space.fixed[word],)
        )
        for name in names:
            if name is not None:
                # What cannot be read is refused where it is used, with its reason.
                with contextlib.suppress(InputError):
                    inputs[f"{word} {name}"] = digest(name)
    for rung in space.rungs:
        if rung.kind == "training":
            name = dict(rung.options).get("data", "digits")
            inputs[f"data {name}"] = data_digest(load_dataset(name))
    return inputs


def key_of(design: Mapping[str, Any], node: bool = True) -> str:
    """The key of a design: 16 hexadecimal digits of a digest over what the result depends on,
    written in one canonical way.

    Settings that say what the chip's file says anyway leave no trace, so overlapping spaces share
    their points. With
    `node` False the technology node is left out: what is counted and timed does not depend on it.
    """
    # An inference has no update rule: designs that differ in it alone are one.
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
    # 64 and 64.0 are one design, however the axis was written.
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    if (
        path in known
        and known[path] == value
        and isinstance(known[path], bool) == isinstance(value, bool)
    ):
        return ""
    return json.dumps((path, value))
