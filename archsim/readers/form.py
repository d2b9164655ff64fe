"""The form of a stored document, written as an example of it, and the check of a document against it.

A leaf is the name of a check below (`count`, `amount`, `share` ...); a trailing `?` allows null.
`{"name": form}` is a table, where the name of a field takes one `?` where it may be null, two where
it may be missing; fields of other names may be there too. `{"*": form}` is a table of any names,
`[form]` a list, a tuple of forms a list of just that length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from archsim.readers import checks
from archsim.readers.checks import Check, described
from hwlib.errors import InputError, shorten

Form: TypeAlias = "str | Sequence[Form] | Mapping[str, Form]"
_ROUNDING = 1e-9
_HUGE = 1e300  # a whole number of JSON may be too large for a float


@described({})
def _anything(value: Any, where: str) -> Any:
    """Anything whose numbers are finite."""
    if isinstance(value, dict):
        for key, item in value.items():
            _anything(item, f"{where}.{shorten(key)[1:-1]}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _anything(item, f"{where}[{index}]")
    elif isinstance(value, int | float) and not abs(value) < _HUGE:
        raise InputError("not a finite number", where=where, got=value)
    return value


@described({"type": ["number", "string", "boolean"]})
def _scalar(value: Any, where: str) -> Any:
    """A finite number or a word."""
    number = isinstance(value, int | float) and abs(value) < _HUGE
    if not number and not isinstance(value, str):
        raise InputError("not a finite number or a word", where=where, got=value)
    return value


def _whole(lowest: int, what: str) -> Check[int]:
    return checks.count(lowest, 10**300, what)


def _number(lowest: float, what: str) -> Check[float]:
    return checks.number(_HUGE, lowest, what)


LEAVES: dict[str, Check[Any]] = {
    "any": _anything,
    "scalar": _scalar,
    "text": checks.note,
    "flag": checks.flag,
    "whole": _whole(-(10**300), "a whole number"),
    "count": _whole(0, "a whole number of at least 0"),
    "some": _whole(1, "a whole number of at least 1"),
    "number": _number(-_HUGE, "a finite number"),
    "amount": _number(0.0, "a finite number of at least 0"),
    "positive": checks.positive(_HUGE, "a finite number above zero"),
    "share": checks.number(1 + _ROUNDING, 0.0, "a share from 0 to 1"),
    "percent": checks.number(100 + _ROUNDING, -_ROUNDING, "a percentage from 0 to 100"),
    "node": checks.number(10_000.0, 0.5, "a technology node from 0.5 to 10,000 nm"),
}


def nullable(form: Mapping[str, Form], *names: str) -> dict[str, Form]:
    """A table whose fields of these names may be null."""
    return {f"{name}?" if name in names else name: part for name, part in form.items()}


def check_form(value: object, form: Form, where: str, path: str = "") -> None:
    """Raise InputError with the field path where a value is not of a form.

    Args:
        value: what was read.
        form: as the module says.
        where: the file.
        path: the place of the value in it; empty for the whole document.
    """
    if isinstance(form, str):
        _check_leaf(value, form, where, path)
    elif isinstance(form, Mapping):
        _check_table(value, form, where, path)
    else:
        fixed = isinstance(form, tuple)
        if not isinstance(value, list | tuple) or (fixed and len(value) != len(form)):
            what = f"not a list of {len(form)}" if fixed else "not a list"
            raise InputError(what, where=f"{where}: {path}", got=value)
        for index, item in enumerate(value):
            check_form(item, form[index] if fixed else form[0], where, f"{path}[{index}]")


def _check_table(value: object, form: Mapping[str, Form], where: str, path: str) -> None:
    if not isinstance(value, dict):
        raise InputError("not a table", where=f"{where}: {path}" if path else where, got=value)
    dot = f"{path}." if path else ""
    for key in () if "*" in form else form:
        name = key.rstrip("?")
        if name not in value and key.endswith("??"):
            continue
        if name not in value:
            raise InputError(f"field '{dot}{name}' is missing", where=where)
        # A field that may be missing is a field of its form where it is there: null is no way out.
        if value[name] is not None or not key.endswith("?") or key.endswith("??"):
            check_form(value[name], form[key], where, dot + name)
    for key, item in value.items():
        if "*" in form:
            check_form(item, form["*"], where, f"{dot}{shorten(key)[1:-1]}")
        # Fields of later versions may stand there, with no number that breaks a page.
        elif not {key, f"{key}?", f"{key}??"} & set(form):
            check_form(item, "any", where, f"{dot}{shorten(key)[1:-1]}")


def _check_leaf(value: object, form: str, where: str, path: str) -> None:
    if value is None and form.endswith("?"):
        return
    LEAVES[form.rstrip("?")](value, f"{where}: {path}")


def schema_of(form: Form) -> dict[str, Any]:
    """The JSON Schema of a form."""
    if isinstance(form, str):
        schema = dict(LEAVES[form.rstrip("?")].schema)
        return {"anyOf": [schema, {"type": "null"}]} if form.endswith("?") else schema
    if isinstance(form, tuple):
        items = [schema_of(each) for each in form]
        return {"type": "array", "prefixItems": items, "minItems": len(form), "maxItems": len(form)}
    if not isinstance(form, Mapping):
        return {"type": "array", "items": schema_of(form[0])}
    if "*" in form:
        return {"type": "object", "additionalProperties": schema_of(form["*"])}
    fields = {}
    for key, each in form.items():
        schema = schema_of(each)
        may_be_null = key.endswith("?") and not key.endswith("??")
        fields[key.rstrip("?")] = {"anyOf": [schema, {"type": "null"}]} if may_be_null else schema
    required = [key.rstrip("?") for key in form if not key.endswith("??")]
    return {"type": "object", "properties": fields, "required": required}
