"""Recorded traces: a trace as a versioned JSON file, checked field by field when it is read.
Nothing is executed.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from archsim.operators.sizes import MatrixProduct
from archsim.readers.checks import choice, count, described, listed, note, number, text
from archsim.readers.documents import read_json
from archsim.readers.table_checks import any_table, optional, record, table
from archsim.readers.versions import current_version, migrated, versioned
from archsim.trace.chip_record import RECORD_SCHEMA, check_record
from archsim.trace.consistency import check_trace
from archsim.trace.consistency.sizes import LONGEST_TRAIN
from archsim.trace.layer_matrix import LayerMatrix
from archsim.trace.operation import KINDS, PERIPHERY, PHASES, Activity, Operation, Trace
from archsim.trace.row_window import RowWindow
from hwlib.errors import InputError

MAX_FILE_BYTES = 64_000_000
# What a vector lane can do (hwlib's part `vector_lane`).
VECTOR_ACTIONS = ("add", "multiply", "multiply_add", "compare", "lookup", "divide", "square_root")


def save_trace(trace: Trace, path: str | Path) -> Path:
    """Write a trace as a file, whole or not at all.

    Args:
        trace: what is written, its chip and device with it.
        path: a file in a folder that exists.

    Returns:
        the path.

    Raises:
        InputError: where it cannot be written, or a file that is no trace has its name.
    """
    # Writing is rare, reading is not: the tools of files are loaded here.
    from archsim.basics.files import refuse_other_file, write_files

    path = Path(path)
    if os.path.isdir(path):
        raise InputError("a folder, not a file", where=str(path))
    if not os.path.isdir(path.parent):
        raise InputError("not a file in an existing folder", where=str(path))
    refuse_other_file(path, '"archsim_trace"')
    fields = dataclasses.asdict(trace)
    del fields["version"]
    # The version of the form, not of this program: a newer program reads an older form by its
    # migrations.
    content = versioned("trace", fields)
    write_files(path.parent, {path.name: json.dumps(content, indent=1, allow_nan=False) + "\n"})
    return path


def load_trace(path: str | Path) -> Trace:
    """Read a recorded trace.

    Args:
        path: a JSON file of a trace.

    Returns:
        the trace, checked against its matrices and itself.

    Raises:
        InputError: with the file and the field path, for anything that is not allowed.
    """
    where = str(path)
    return _trace(read_json(path, MAX_FILE_BYTES), where)


_window = record(RowWindow, kernel=count(1), stride=count(1))


@described(
    {
        "type": "array",
        "prefixItems": [_window.schema, count(0).schema],
        "minItems": 2,
        "maxItems": 2,
    }
)
def _pool(value: Any, where: str) -> tuple[RowWindow, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise InputError("not a pair of a window and its output rows", where=where, got=value)
    return _window(value[0], f"{where}[0]"), count(0)(value[1], f"{where}[1]")


_UNIT_FIELDS = (
    "step",
    *(field.name for field in dataclasses.fields(Activity) if field.name != "source"),
)
_unit_table = table(table(number(), "field of the activity", _UNIT_FIELDS))


@described({**_unit_table.schema, "propertyNames": {"pattern": r"^[^.]+\.[^.]+$"}})
def _unit_work(value: Any, where: str) -> dict[str, dict[str, float]]:
    work = _unit_table(value, where)
    for name in work:
        if name.count(".") != 1:
            raise InputError("not a counted action, which is role.action", where=where, got=name)
    return work


_chip = described(RECORD_SCHEMA)(lambda value, where: check_record(value, where))
_share = number(1)
_slots = number(LONGEST_TRAIN)
_activity = record(
    Activity,
    source=choice("source of activity", "assumed", "measured"),
    input_density=_share,
    bit_density=_share,
    magnitude=_share,
    retried_tiles=_share,
    row_pulses=_share,
    column_pulses=_share,
    devices_written=_share,
    train_length=_slots,
)
_matrix = record(
    LayerMatrix,
    rows=count(1),
    columns=count(1),
    groups=count(1),
    vectors=count(1),
    lender=optional(text),
    borrowed=listed(choice("part of the periphery", *PERIPHERY)),
)
_product = record(
    MatrixProduct, vectors=count(1), rows=count(1), columns=count(1), matrices=count(1)
)
_operation = record(
    Operation,
    phase=choice("phase", *PHASES),
    kind=choice("kind of operation", *KINDS),
    steps=count(1),
    after=listed(text),
    vector_work=table(number(), "vector action", VECTOR_ACTIONS),
    unit_work=_unit_work,
    window=optional(_window),
    pools=listed(_pool),
    activity=_activity,
    array=optional(text),
    against=optional(text),
    every=count(1),
    products=listed(_product),
    parts=count(1),
)
_document = record(
    Trace,
    ("version",),
    scheme=optional(text),
    phase=choice("phase", "inference", "training", "prefill", "decode"),
    batch=count(1),
    matrices=listed(_matrix),
    image_operations=listed(_operation),
    batch_operations=listed(_operation),
    setup_operations=listed(_operation),
    state_words=table(number()),
    notes=listed(note),
    scheme_settings=any_table,
    chip=optional(_chip),
    device=optional(text),
)


def _trace(document: Any, where: str) -> Trace:
    if not isinstance(document, dict) or "archsim_trace" not in document:
        raise InputError(
            'not a recorded trace, which has the field "archsim_trace"',
            where=where,
            hint="write one with: archsim trace NETWORK",
        )
    document = migrated("trace", document, f"{where}: ")
    del document["archsim_trace"]
    trace = _document(document, f"{where}: ")
    # vectors that a matrix leaves out are as many as its forward read has steps
    free = frozenset(item["layer"] for item in document["matrices"] if "vectors" not in item)
    check_trace(trace, where, free)
    return trace


def trace_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a trace file, from the checks that read it. It stands
    beside this file as trace.schema.json.
    """
    properties = {
        "archsim_trace": {"const": current_version("trace")},
        **_document.schema["properties"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archsim trace",
        **_document.schema,
        "properties": properties,
        "required": ["archsim_trace", *_document.schema["required"]],
    }
