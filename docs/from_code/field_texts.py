"""The text under a field, which is its meaning: read here, since a run that needs none of it would
pay for it with each of its models (pydantic's `use_attribute_docstrings`).
"""

from __future__ import annotations

import ast
import inspect
import textwrap

from pydantic import BaseModel


def texts_under_fields(model: type[BaseModel]) -> dict[str, str]:
    """Name of a field -> the text under it, of a model and of those that it inherits."""
    texts: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner is BaseModel or not issubclass(owner, BaseModel):
            continue
        try:
            source = inspect.getsource(owner)
        except OSError:  # made by the program, as a chip's table of blocks is
            continue
        texts |= _texts_in(ast.parse(textwrap.dedent(source)))
    return texts


def _texts_in(tree: ast.Module) -> dict[str, str]:
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    texts = {}
    for field, text in zip(body, body[1:]):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            texts[field.target.id] = inspect.cleandoc(str(text.value.value))
    return texts
