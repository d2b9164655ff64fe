"""The Python surface: what autodoc writes about, in sections."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable, Iterator

import archsim
from docs.from_code.markdown import page

# Objects beside the names of `archsim` itself that people who add something write against.
FURTHER = {
    "Update rules": (
        "archsim.schemes.base.Scheme",
        "archsim.schemes.rule.UpdateRule",
        "archsim.schemes.layer_state.LayerState",
        "archsim.schemes.load_scheme",
        "archsim.schemes.own_file.load_scheme_file",
    ),
    "Devices": (
        "archsim.devices.device.Device",
        "archsim.devices.array.DeviceArray",
        "archsim.devices.load_law",
        "archsim.devices.presets.find_preset",
    ),
    "Traces and observers": (
        "archsim.trace.operation.Operation",
        "archsim.trace.operation.Activity",
        "archsim.trace.layer_matrix.LayerMatrix",
        "archsim.soc.observers.Observer",
    ),
    "hwlib": (
        "hwlib.load_catalogue",
        "hwlib.price",
        "hwlib.Price",
        "hwlib.figure",
        "hwlib.find_part",
        "hwlib.Figure",
        "hwlib.Quantity",
        "hwlib.part.Part",
        "hwlib.part.Parameter",
        "hwlib.scaling.scale",
    ),
    "workloads": (
        "workloads.network.Layer",
        "workloads.network.Matrix",
        "workloads.onnx_file.load_weights",
    ),
}
INTRODUCTION = """`import archsim` is enough for the verbs: each name is loaded at first use. Results are frozen, show themselves in a
notebook (`_repr_html_`) and give tables as pandas data frames. Wrong input raises `archsim.InputError`. The package carries its types
(`py.typed`)."""


def python_page() -> str:
    """Directives for autodoc: every name of `archsim`, then what extensions are written against."""
    names = [name for name in archsim.__all__ if name != "__version__"]
    calls = [f"archsim.{name}" for name in names if not inspect.isclass(getattr(archsim, name))]
    nouns = [f"archsim.{name}" for name in names if inspect.isclass(getattr(archsim, name))]
    version = "`archsim.__version__` is the version as a text."
    sections = {"Verbs": calls, "Nouns": nouns, **FURTHER}
    return page(
        "Python",
        INTRODUCTION,
        version,
        *(f"## {title}\n\n{_directives(paths)}" for title, paths in sections.items()),
    )


def _directives(paths: list[str] | tuple[str, ...]) -> str:
    return "\n\n".join(map(_directive, paths))


def _directive(path: str) -> str:
    if not inspect.isclass(find(path)):
        return f"```{{eval-rst}}\n.. autofunction:: {path}\n```"
    return f"```{{eval-rst}}\n.. autoclass:: {path}\n   :members:\n   :member-order: bysource\n```"


def find(path: str) -> object:
    """The object of a dotted path."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def surface() -> Iterator[str]:
    """Signatures and docstrings of all that autodoc shows: a change of them is a change of the
    page.
    """
    paths = [f"archsim.{name}" for name in archsim.__all__ if name != "__version__"]
    for path in [*paths, *(path for group in FURTHER.values() for path in group)]:
        thing = find(path)
        yield from _words(path, thing)
        if inspect.isclass(thing):
            for name, member in vars(thing).items():
                if not name.startswith("_"):
                    yield from _words(f"{path}.{name}", member)


def _words(path: str, thing: object) -> Iterator[str]:
    if isinstance(thing, (property, functools.cached_property)):
        yield f"{path}\n{thing.__doc__}"
    thing = getattr(thing, "__func__", thing)
    if not callable(thing):
        return
    of_fields = hasattr(thing, "model_fields")
    signature = "" if of_fields else _signature(thing)
    yield f"{path}{signature}\n{inspect.getdoc(thing) or ''}"


def _signature(thing: Callable[..., object]) -> str:
    try:
        return re.sub(" at 0x[0-9a-f]+", "", str(inspect.signature(thing)))
    except (TypeError, ValueError):
        return ""
