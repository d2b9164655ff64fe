"""The decorator of every compiled kernel: numba in nopython mode, with machine code on disk that
can be neither stale nor mistaken.

numba names machine code after module, function, types and a number that counts within a process,
and its cache looks only at the file of the compiled function. So it takes two functions of one name
for each other once their code comes from disk, and does not notice an edited callee. Here a
function gets its digest as part of its name: that of its own bytecode and all it reaches (see
`content`), told at its first call, when every name is bound.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import re
import weakref
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numba
from numba import types
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic, register_jitable

from archsim.kernels.apart import has_loop
from archsim.kernels.content import Unknown, code_text, names_of, value_text
from archsim.kernels.lending import lends
from archsim.kernels.store import CodeStore

# A door from C is asked for by nobody, one from Python by callers there alone (see `_Kernel.callee`):
# each costs as much time as a small kernel.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_OBJECTS_BETWEEN = 200_000  # made between two collections during a compilation
_laws: weakref.WeakKeyDictionary[FunctionType, Any] = weakref.WeakKeyDictionary()


def kernel(function):
    """Compile `function` on its first call, without the interpreter lock, and keep the machine code
    on disk.

    Floating-point semantics are strict (no fastmath, no contraction), so the NumPy twin can agree
    bit for bit.
    """
    return _Kernel(function, {}).dispatcher


def template(function, **names):
    """`function` compiled with some of its global names replaced: one source, one machine code for
    each set of values.

    A closure would do the same, but numba cannot find a closure over compiled functions again in
    its cache.
    """
    return _Kernel(function, names).dispatcher


def device_law(function):
    """Mark the step function of a device law, or a function that it calls: it stays a plain
    function, kernels compile it.
    """
    _laws[function] = None
    return register_jitable(function)


TESTED = (0, 60), (0, 68)
"""The first and the last release of numba that `compiler`, which reaches into it, was tried with."""


def _is_tested() -> bool:
    release = re.match(r"(\d+)\.(\d+)", numba.__version__)
    return release is not None and TESTED[0] <= tuple(map(int, release.groups())) <= TESTED[1]


def _dispatcher_of(function: FunctionType, options: Mapping[str, Any]) -> Any:
    """What compiles a function: numba's own way with a release that nobody has tried, which takes
    longer.
    """
    if not _is_tested():
        return numba.njit(**options)(function)
    from archsim.kernels.compiler import KernelDispatcher

    return KernelDispatcher(function, dict(options))


def _form() -> int:
    """Of the machine code, for its digest: 0 of numba's own."""
    if not _is_tested():
        return 0
    from archsim.kernels.compiler import FORM

    return FORM


class _Kernel:
    """A function with a namespace of its own, filled and digested when it is first compiled.

    `dispatcher` is what Python calls, `callee` what other kernels do.
    """

    def __init__(self, function: FunctionType, names: Mapping[str, Any]):
        self.function = function
        self.names = names
        self.settled: tuple[str, str] | None = None
        if getattr(numba.config, "DISABLE_JIT"):  # noqa: B009  # made when numba is imported
            self.dispatcher = _rebuilt(function, {**function.__globals__, **names})
            return
        self.own = _rebuilt(
            function,
            {"__name__": function.__globals__.get("__name__"), "__builtins__": __builtins__},
        )
        # numba tells a function that calls itself by the function: each dispatcher has its own.
        self.inner = _rebuilt(self.own, self.own.__globals__)
        self.dispatcher = self._dispatcher(self.own, "from Python", False)

    def _dispatcher(self, function: FunctionType, form: str, apart: bool, **options: Any) -> Any:
        made: Any = _dispatcher_of(function, {**_OPTIONS, **options})
        made._cache = CodeStore(self, form, apart)
        # numba has no door for this: the method of the one compiler is wrapped.
        made._compiler.compile = _collecting_less(made._compiler.compile)
        return made

    @functools.cached_property
    def callee(self) -> Any:
        """The dispatcher of calls within machine code."""
        apart = has_loop(self.function.__code__)
        return self._dispatcher(self.inner, "from machine code", apart, no_cpython_wrapper=True)

    def settle(self) -> tuple[str, str]:
        """(name of the machine code, digest of all it rests on; empty where that cannot be told)."""
        if self.settled is not None:
            return self.settled
        # what functions that call each other see of this one meanwhile
        self.settled = (self.function.__qualname__, "")
        code = self.function.__code__
        namespace = self.own.__globals__
        bound = {**self.function.__globals__, **self.names}
        # Sorted, so that the digest is the same in every process.
        for name in sorted(set(names_of(code)) & bound.keys()):
            namespace[name] = _compilable(bound[name])
        digest = ""
        try:
            words = [code_text(code, self.function.__doc__), self._text(self.function.__defaults__)]
            words += [self._text(cell.cell_contents) for cell in self.function.__closure__ or ()]
            words += [
                f"{name} {self._text(value)}"
                for name, value in namespace.items()
                if name != "__builtins__"
            ]
            digest = hashlib.sha256(repr((_OPTIONS, _form(), words)).encode()).hexdigest()[:16]
        except (Unknown, ValueError):  # ValueError: closed over a name that is not bound yet
            pass
        # Without a digest the number that numba counts is enough: such code never comes from disk.
        name = f"{self.function.__qualname__}_{digest}" if digest else self.function.__qualname__
        self.own.__qualname__ = self.inner.__qualname__ = name
        stem = "".join(letter for letter in name if letter.isalnum() or letter in "._")
        self.settled = f"{self.function.__module__}.{stem}", digest
        return self.settled

    def _text(self, value: Any) -> str:
        if value is self.dispatcher or value is self.callee:
            return "itself"
        if not isinstance(value, Dispatcher):
            return value_text(value, self.function.__code__)
        cache = getattr(value, "_cache", None)
        name, digest = cache.owner.settle() if isinstance(cache, CodeStore) else ("", "")
        if not digest:
            raise Unknown(value)
        return f"{name} {digest}"


def _collecting_less(compile_overload: Callable[..., Any]) -> Callable[..., Any]:
    """A compilation during which garbage is collected rarely: numba makes so many objects that live
    to its end that looking through them took an eighth of the time.
    """

    @functools.wraps(compile_overload)
    def compile_rarely_collecting(*arguments: Any) -> Any:
        before = gc.get_threshold()
        # A threshold of 0 means that somebody switched collection off: it stays off.
        gc.set_threshold(max(before[0], _OBJECTS_BETWEEN) if before[0] else 0, *before[1:])
        try:
            return compile_overload(*arguments)
        finally:
            gc.set_threshold(*before)

    return compile_rarely_collecting


def _rebuilt(function: FunctionType, namespace: dict[str, Any]) -> FunctionType:
    made = FunctionType(
        function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
    )
    made.__qualname__ = function.__qualname__
    made.__module__ = function.__module__
    made.__doc__ = function.__doc__
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _compilable(value: Any) -> Any:
    """A kernel as kernels call it; a function of a device law as a kernel, so that its machine code
    is named after its content too; anything else as it is.
    """
    if isinstance(value, Dispatcher):
        cache = getattr(value, "_cache", None)
        return cache.owner.callee if isinstance(cache, CodeStore) else value
    if not isinstance(value, FunctionType) or value not in _laws:
        return value
    if _laws[value] is None:
        _laws[value] = kernel(value)
    return _compilable(_laws[value])


@intrinsic
def count_ones(typing_context, word):
    """Number of set bits of an unsigned word, as a word of the same type: LLVM's ctpop, which
    vectorises.
    """
    if not isinstance(word, types.Integer) or word.signed:
        return None

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return word(word), generate


@lends
@intrinsic
def borrowed(typing_context, value):
    """An array, or a record with its arrays, as its caller holds it, without a count of its own.

    numba counts the references to an array at every call, slice and look into a record, by an
    atomic operation: near half the time of an update of small arrays. A kernel borrows what it is
    given once, at its door; the caller in Python holds it until the kernel returns. Never for an
    array that the kernel made: it would be gone after its last use by its own name.
    """

    def generate(context, builder, signature, arguments):
        return _without_count(context, builder, signature.args[0], arguments[0])

    return value(value), generate


def _without_count(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value=value)
        array.meminfo = array.meminfo.type(None)
        # numba finds the owner through either: both are emptied.
        array.parent = array.parent.type(None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for index, own in enumerate(kind.types):
            inner = builder.extract_value(value, index)
            inner = _without_count(context, builder, own, inner)
            value = builder.insert_value(value, inner, index)
    return value
