"""What a sweep computes again and again and keeps in memory: by what its inputs are now, not by
their names alone.

A file that changed, another folder to start from and a scheme that was registered anew are other
inputs, so a sweep gives the same whatever ran before it in this process.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


def remembered(maximum: int) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Decorator: keep the last `maximum` results of a function of words, numbers, tuples and lists
    of such.
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        kept: dict[tuple[Any, ...], Result] = {}

        @functools.wraps(function)
        def call(*arguments: Given.args, **named: Given.kwargs) -> Result:
            if named:
                raise TypeError(f"{function.__name__} is remembered by its places, not by names")
            # as text, in which 1, 1.0 and True differ
            key = repr(arguments), *(state_of(word) for word in arguments if isinstance(word, str))
            try:
                return kept[key]
            except KeyError:
                pass
            result = function(*arguments, **named)
            while len(kept) >= maximum:
                kept.pop(next(iter(kept)), None)
            kept[key] = result
            return result

        return call

    return decorate


def state_of(word: str) -> Any:
    """What a name stands for now, where that can change: the file of this path, the class of a
    scheme; None for neither.
    """
    from archsim.schemes.base import SCHEMES

    try:
        file = os.stat(word)
    except (OSError, ValueError):
        return SCHEMES.get(word)
    return (
        SCHEMES.get(word),
        file.st_dev,
        file.st_ino,
        file.st_size,
        file.st_mtime_ns,
        file.st_ctime_ns,
    )
