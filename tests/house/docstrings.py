"""Docstrings in Google's form, read: sections with their entries."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass, field

SECTIONS = ("Args", "Returns", "Raises", "Source", "Yields")


@dataclass
class Docstring:
    """The summary, and entries by section: name -> text (`Returns` and `Source`: "" -> text)."""

    summary: str
    sections: dict[str, dict[str, str]] = field(default_factory=dict)


def read_docstring(text):
    """The parts of a docstring. Raises ValueError for a section that is not written in this form."""
    lines = inspect.cleandoc(text or "").splitlines()
    docstring = Docstring(lines[0] if lines else "")
    section = name = None
    for line in lines[1:]:
        head = re.fullmatch(r"([A-Z][a-z]+):", line)
        if head and head[1] in SECTIONS:
            section = head[1]
            name = None
            docstring.sections[section] = {}
        elif section and line.startswith("    "):
            entry = re.fullmatch(r"    (\*{0,2}[A-Za-z_][\w.]*): (.+)", line)
            if section in ("Returns", "Source", "Yields"):
                docstring.sections[section][""] = (
                    docstring.sections[section].get("", "") + line.strip()
                )
            elif entry:
                name = entry[1].lstrip("*")
                docstring.sections[section][name] = entry[2]
            elif name and line.startswith("        "):
                docstring.sections[section][name] += " " + line.strip()
            else:
                raise ValueError(f"{section}: not an entry and not the rest of one: {line.strip()}")
        elif line.strip():
            section = None
    return docstring


def raised_by(function):
    """Names of the errors that a function's own lines raise."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            names.add(ast.unparse(called).split(".")[-1])
    # `raise unknown(...)` makes an InputError
    names = {"InputError" if name == "unknown" else name for name in names}
    return names - {"NotImplementedError"}  # what a subclass has to define


def faults_of(function, name):
    """What is missing or too much in the docstring of a public function or method."""
    try:
        told = read_docstring(function.__doc__)
    except ValueError as fault:
        return [f"{name}: {fault}"]
    if not told.summary:
        return [f"{name}: no docstring"]
    signature = inspect.signature(function)
    wanted = list(signature.parameters)
    if "." in function.__qualname__ and wanted[:1] in (["self"], ["cls"]):
        del wanted[0]
    described = list(told.sections.get("Args", {}))
    faults = []
    if wanted != described:
        faults.append(f"{name}: Args {described}, parameters {wanted}")
    gives = signature.return_annotation not in (None, "None", "NoReturn", inspect.Signature.empty)
    one_line = not wanted and "." in (function.__doc__ or "")  # a property or a plain list
    if gives and "Returns" not in told.sections and "Yields" not in told.sections and not one_line:
        faults.append(f"{name}: no Returns")
    if not gives and "Returns" in told.sections:
        faults.append(f"{name}: Returns, but nothing is returned")
    missing = raised_by(function) - set(told.sections.get("Raises", {}))
    if missing:
        faults.append(f"{name}: raises {', '.join(sorted(missing))} and does not say so")
    return faults
