"""Recorded traces: a trace as a versioned JSON file, checked field by field when it is read. Nothing is executed."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from archsim.trace.checks import LARGEST, choice, listed, note, number, optional, record, table, text, whole
from archsim.trace.operation import KINDS, PERIPHERY, PHASES, Activity, LayerMatrix, Operation, RowWindow, Trace
from hwlib.errors import InputError, nearest, unknown

VERSION = 1
MAX_FILE_BYTES = 64_000_000
# What a vector lane can do (hwlib's part `vector_lane`).
VECTOR_ACTIONS = ("add", "multiply", "multiply_add", "compare", "lookup", "divide", "square_root")


def save_trace(trace: Trace, path: str | Path) -> Path:
    """Write a trace as a file, whole or not at all. Raises InputError where the path cannot be written."""
    from archsim.files import write_files

    path = Path(path)
    if os.path.isdir(path):
        raise InputError("a folder, not a file", where=str(path))
    if not os.path.isdir(path.parent):
        raise InputError("not a file in an existing folder", where=str(path))
    content = {"archsim_trace": VERSION} | {key: value for key, value in dataclasses.asdict(trace).items() if key != "version"}
    write_files(path.parent, {path.name: json.dumps(content, indent=1, allow_nan=False) + "\n"})
    return path


def load_trace(path: str | Path) -> Trace:
    """Read a recorded trace. Raises InputError with the file and the field path for anything that is not allowed."""
    where = str(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the file ({getattr(error, 'strerror', None) or error})", where=where) from None
    if len(content) > MAX_FILE_BYTES:
        raise InputError("file too large for a trace", where=where, allowed=f"up to {MAX_FILE_BYTES} bytes")
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise InputError("not a text file in UTF-8", where=where) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON ({error})", where=where) from None
    return _trace(document, where)


def _refuse(word: str):
    raise ValueError(f"{word} is not a number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the field '{next(n for n in names if names.count(n) > 1)}' stands there twice")
    return found


def _pool(value: Any, where: str) -> tuple[RowWindow, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise InputError("not a pair of a window and its output rows", where=where, got=value)
    return _window(value[0], f"{where}[0]"), whole(0)(value[1], f"{where}[1]")


def _unit_work(value: Any, where: str) -> dict[str, dict[str, float]]:
    found = table(table(number(), "field of the activity", _UNIT_FIELDS))(value, where)
    for name in found:
        if name.count(".") != 1:
            raise InputError("not a counted action, which is role.action", where=where, got=name)
    return found


_UNIT_FIELDS = ("step", *(field.name for field in dataclasses.fields(Activity) if field.name != "source"))
_share = number(1)
_activity = record(Activity, source=choice("source of activity", "assumed", "measured"), input_density=_share, bit_density=_share,
                   magnitude=_share, row_pulses=_share, column_pulses=_share, devices_written=_share)
_window = record(RowWindow, kernel=whole(1), stride=whole(1))
_matrix = record(LayerMatrix, rows=whole(1), columns=whole(1), groups=whole(1), vectors=whole(1), lender=optional(text),
                 borrowed=listed(choice("part of the periphery", *PERIPHERY)))
_operation = record(Operation, phase=choice("phase", *PHASES), kind=choice("kind of operation", *KINDS), steps=whole(1), after=listed(text),
                    vector_work=table(number(), "vector action", VECTOR_ACTIONS), unit_work=_unit_work, window=optional(_window),
                    pools=listed(_pool), activity=_activity, array=optional(text), against=optional(text),
                    every=whole(1))
_document = record(Trace, ("version",), scheme=optional(text), phase=choice("phase", "inference", "training"), batch=whole(1),
                   matrices=listed(_matrix), image_operations=listed(_operation), batch_operations=listed(_operation),
                   setup_operations=listed(_operation),
                   state_words=table(number()), notes=listed(note))


def _trace(document: Any, where: str) -> Trace:
    if not isinstance(document, dict) or "archsim_trace" not in document:
        raise InputError('not a recorded trace, which has the field "archsim_trace"', where=where,
                         hint="write one with: archsim trace NETWORK")
    version = document.pop("archsim_trace")
    if version != VERSION or isinstance(version, bool):
        raise InputError("a version of the trace file that this archsim does not know", where=f"{where}: archsim_trace", got=version,
                         allowed=str(VERSION))
    trace = _document(document, f"{where}: ")
    _check_scheme(trace, where)
    _check_order(trace, where)
    return trace


def _check_scheme(trace: Trace, where: str) -> None:
    from archsim.schemes import list_schemes

    if trace.phase == "training" and trace.scheme is None:
        raise InputError("a training step needs an update rule", where=f"{where}: scheme", allowed=sorted(list_schemes()))
    if trace.scheme is not None and trace.scheme not in list_schemes():
        raise unknown("scheme", trace.scheme, list_schemes(), f"{where}: scheme")


def _check_lenders(trace: Trace, where: str) -> None:
    """What a matrix borrows, the lender has or borrows itself from one that has it."""
    matrices = {matrix.layer: matrix for matrix in trace.matrices}
    for index, matrix in enumerate(trace.matrices):
        at = f"{where}: matrices[{index}].lender"
        for role in matrix.borrowed:
            lender, passed = matrix, set()
            while role in lender.borrowed:
                passed.add(lender.layer)
                if lender.lender not in matrices:
                    raise InputError("no matrix of this name", where=at, got=lender.lender, allowed=sorted(matrices),
                                     hint=nearest(str(lender.lender), matrices))
                lender = matrices[lender.lender]
                if lender.layer in passed:
                    raise InputError(f"matrices that borrow {role} from one another, and none has it", where=at, got=lender.layer)


def _check_order(trace: Trace, where: str) -> None:
    """Names are used once, an operation follows earlier ones only, and what works on an array has a matrix."""
    for name in ("matrices", "image_operations"):
        if not getattr(trace, name):
            raise InputError("at least one is needed", where=f"{where}: {name}")
    layers: set[str] = set()
    for index, matrix in enumerate(trace.matrices):
        if matrix.layer in layers:
            raise InputError("a second matrix for the same layer", where=f"{where}: matrices[{index}].layer", got=matrix.layer)
        if matrix.weights * matrix.vectors > LARGEST:
            raise InputError("too many weights", where=f"{where}: matrices[{index}]", got=matrix.weights, allowed="up to 2^53")
        layers.add(matrix.layer)
    _check_lenders(trace, where)
    every = {operation.name for operation in trace.image_operations + trace.batch_operations + trace.setup_operations}
    earlier: set[str] = set()
    for name in ("image_operations", "batch_operations", "setup_operations"):
        for index, operation in enumerate(getattr(trace, name)):
            at = f"{where}: {name}[{index}]"
            if operation.name in earlier:
                raise InputError("a second operation of this name", where=f"{at}.name", got=operation.name)
            for source in operation.after:
                if source not in every:
                    raise InputError("no such operation", where=f"{at}.after", got=source, hint=nearest(source, every))
                if source not in earlier:
                    raise InputError("an operation can only follow those that stand before it", where=f"{at}.after", got=source)
            if operation.kind != "digital" and operation.place not in layers:
                raise InputError("no matrix for this layer", where=f"{at}.layer", got=operation.place, allowed=sorted(layers),
                                 hint=nearest(operation.place, layers))
            if operation.against is not None and operation.against not in layers:
                raise InputError("no matrix of this name", where=f"{at}.against", got=operation.against, allowed=sorted(layers),
                                 hint=nearest(operation.against, layers))
            earlier.add(operation.name)
