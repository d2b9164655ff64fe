"""A PyTorch module as a network: its own layer names and its trained weights (extra 'torch').

PyTorch's own exporter (`torch.export`, then its ONNX form) says what the module computes; the importer
of ONNX files reads that, so a module and its file give the same network.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archsim.readers.call_types import takes_its_types
from hwlib.errors import InputError
from workloads.held_tensors import HeldTensors
from workloads.load import load_network
from workloads.network import Network
from workloads.onnx.origin import safe
from workloads.tables.topology import named as listed


@takes_its_types()
def from_torch(module: Any, example: Any, name: str | None = None) -> Network:
    """The network of a PyTorch module, with its trained weights.

    Args:
        module: a `torch.nn.Module`, which is read as it is in evaluation and left as it was, or a
            `torch.export.ExportedProgram`. Its parts `torch.nn.Dropout` become layers, which drop
            in a training alone.
        example: an input of the module, with the batch as its first axis (best of length 1), or a
            tuple of its inputs.
        name: of the network; None for the module's class.

    Returns:
        the `Network`. Layers are called as their parameters are in the module; `archsim.infer` finds
        the weights in it.

    Raises:
        InputError: without PyTorch, for what is no module, for one that PyTorch cannot export, and
            as `load_network` does for what is not supported.
    """
    torch = _torch()
    program = isinstance(module, torch.export.ExportedProgram)
    if not program and not isinstance(module, torch.nn.Module):
        raise InputError(
            "not a PyTorch module",
            where="from_torch",
            got=type(module).__name__,
            allowed="a torch.nn.Module or torch.export.ExportedProgram",
        )
    inputs = tuple(example) if isinstance(example, tuple | list) else (example,)
    if not all(isinstance(item, torch.Tensor) for item in inputs):
        raise InputError(
            "an example is a tensor, or a tuple of tensors",
            where="from_torch",
            got=type(example).__name__,
        )
    kind = "exported" if program else type(module).__name__
    called = safe(name or kind)
    with tempfile.TemporaryDirectory(prefix="archsim-") as folder:
        path = Path(folder) / f"{called}.onnx"
        left_out = _export(torch, module, inputs, path)
        try:
            network = load_network(path)
        except InputError as fault:
            # The exported file is gone when this is read.
            what, where, hint = (
                text.replace(str(path), f"module {called}")
                for text in (fault.what, fault.where, fault.hint)
            )
            raise InputError(
                what, where=where, got=fault.got, allowed=fault.allowed, hint=hint
            ) from None
        values = network.tensors.read() if network.tensors is not None else {}
    notes = network.notes
    if left_out:
        notes += (f"dropout acts in no training where it is no torch.nn.Dropout{listed(left_out)}",)
    return dataclasses.replace(
        network,
        notes=notes,
        source=f"PyTorch {torch.__version__} module {kind}; {network.source.partition('; ')[2]}",
        tensors=HeldTensors(values),
    )


def _torch() -> Any:
    try:
        import onnxscript  # noqa: F401  (torch's exporter needs it)
        import torch
    except ImportError as missing:
        raise InputError(
            f"the package {missing.name} is not installed",
            where="from_torch",
            hint="pip install 'archsim[torch]'",
        ) from None
    return torch


def _export(torch: Any, module: Any, inputs: tuple[Any, ...], path: Path) -> list[str]:
    """Write the module's ONNX form; returns what of its dropout that does not have. Raises InputError
    with PyTorch's first line where it cannot.
    """
    try:
        with _quiet(), _evaluation(torch, module), torch.no_grad():
            program = module
            if not isinstance(module, torch.export.ExportedProgram):
                program = torch.export.export(module, inputs)
            left_out = _dropout_off(torch, module, program)
            with _equals_apart(torch, program) as exact:
                written = torch.onnx.export(program, inputs, dynamo=True, verbose=False)
            stored = written.model.graph.initializers
            for held, values in exact.items():
                # One that was folded into another stays off by a bit of one weight.
                if held in stored:
                    stored[held].const_value = type(stored[held].const_value)(values, name=held)
            written.save(str(path), external_data=False)
    except Exception as fault:  # the exporter runs the module's own code, which may raise anything
        raise InputError(
            f"PyTorch cannot export the module ({_reason(fault)})",
            where="from_torch",
            hint="torch.export.export(module, (example,)) says where",
        ) from fault
    return left_out


@contextlib.contextmanager
def _equals_apart(torch: Any, program: Any) -> Iterator[dict[str, Any]]:
    """Matrices of a program that are equal and yet not the same tensor differ inside by the last bit of
    a weight: the exporter stores small ones of equal content once, and copies of a layer that nobody has
    trained yet would share one array. Gives what they are, by name.
    """
    held = program.state_dict
    whole = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    known: dict[bytes, dict[int, int]] = {}
    exact = {}
    for name, values in list(held.items()):
        if values.dim() < 2 or not values.is_floating_point() or not values.numel():
            continue
        bits = values.detach().cpu().contiguous().view(whole[values.element_size()])
        equals = known.setdefault(hashlib.sha256(bits.numpy().tobytes()).digest(), {})
        number = equals.setdefault(values.data_ptr(), len(equals))
        if number:
            exact[name] = values
            other = values.detach().clone(memory_format=torch.contiguous_format)
            other.view(whole[values.element_size()]).view(-1)[0] ^= number
            kept = isinstance(values, torch.nn.Parameter)
            held[name] = torch.nn.Parameter(other, values.requires_grad) if kept else other
    try:
        yield exact
    finally:
        held.update(exact)


def _reason(fault: BaseException) -> str:
    """What the exporter stumbled over, in a line: it wraps the fault itself in others, which say what
    it was doing.
    """
    while fault.__cause__ is not None:
        fault = fault.__cause__
    lines = str(fault).strip().splitlines() or [""]
    return f"{type(fault).__name__}: {lines[0][:300]}"


def _dropout_off(torch: Any, module: Any, program: Any) -> list[str]:
    """Names of what drops in a training of the module, and not in its exported program."""
    parts = module.named_modules() if isinstance(module, torch.nn.Module) else ()
    names = [
        name or type(part).__name__
        for name, part in parts
        # Attention hands its rate to a function, which is told nothing in evaluation.
        if isinstance(part, torch.nn.MultiheadAttention) and part.dropout > 0
    ]
    return (
        names
        + [
            node.name
            for node in program.graph.nodes
            if node.op == "call_function"
            and "dropout" in str(node.target)
            and node.args[1:] != ()
            and node.args[1] > 0  # its rate
            and not all(node.args[2:3])  # whether it acts
        ]
    )


@contextlib.contextmanager
def _evaluation(torch: Any, module: Any) -> Iterator[None]:
    """The module and its parts in evaluation, but for dropout that a network has a layer for, and then
    as they were.
    """
    parts = list(module.modules()) if hasattr(module, "modules") else []
    before = [part.training for part in parts]
    for part in parts:
        part.training = type(part) is torch.nn.Dropout and 0 < part.p < 1
    try:
        yield
    finally:
        for part, training in zip(parts, before):
            part.training = training


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter's own chatter, of packages that are not asked for, goes nowhere."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
