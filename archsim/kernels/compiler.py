"""numba's compiler without what kernels never need.

numba is made for any Python: it looks for closures and array expressions in every function, asks
the rules of an operator one after the other at each of its uses, times each compilation inside of
all around it, counts references to what a caller holds (see `held`) and optimises every function
alone before it does so once more together with all that it calls. None of that moves a result.
"""

from __future__ import annotations

import dis
from collections.abc import Mapping
from contextlib import nullcontext
from types import CodeType, FunctionType
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numba.core import sigutils, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NopythonRewrites,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import GenericRewrites, IRProcessing, ReconstructSSA
from numba.np.ufunc.dufunc import DUFunc

from archsim.kernels.asked_once import KernelLower, known_types, lifetimes_when_asked
from archsim.kernels.own_parts import OwnParts

FORM = 3  # of the machine code that is made here: one more where that changes


class KernelDispatcher(CPUDispatcher):
    """numba's dispatcher with the compiler below, and without times of each compilation: those of
    one inside another were added up in all around it, lock by lock.
    """

    def __init__(self, function: FunctionType, options: dict[str, Any]):
        target_options = {"nopython": True, "boundscheck": None, **options}
        super().__init__(function, targetoptions=target_options, pipeline_class=KernelCompiler)

    def compile(self, sig):
        """As numba's: the entry of a signature, from this process, from disk or made now."""
        with global_compiler_lock, self._compiling_counter:
            if not self._can_compile:
                raise RuntimeError("compilation disabled")
            arguments, result = sigutils.normalize_signature(sig)
            existing = self.overloads.get(tuple(arguments))
            if existing is not None:
                return existing.entry_point
            made = self._cache.load_overload(sig, self.targetctx)
            if made is not None:
                self._cache_hits[sig] += 1
                self.targetctx.insert_user_function(made.entry_point, made.fndesc, [made.library])
                self.add_overload(made)
                return made.entry_point
            self._cache_misses[sig] += 1
            made = self._compiler.compile(arguments, result)
            self.add_overload(made)
            self._cache.save_overload(sig, made)
            return made.entry_point


class KernelCompiler(CompilerBase):
    """The steps from a kernel's bytecode to its machine code."""

    def __init__(self, typing_context, target_context, *rest):
        super().__init__(typing_context, target_context, *rest)
        self.state.typingctx = known_types(typing_context)

    def define_pipelines(self):
        """numba's steps, those left out that would find nothing."""
        passes = _Passes("nopython")
        plain = not _makes_lists_or_functions(self.state.func_id.code)
        for step, text in DefaultPassBuilder.define_nopython_pipeline(self.state).passes:
            if not (plain and step.__name__ == "InlineClosureLikes"):
                passes.add_pass(_OWN.get(step, step), text)
            if step is IRProcessing:
                passes.add_pass(OwnParts, "arrays and extremes in place")
        passes.finalize()
        return [passes]


def _makes_lists_or_functions(code: CodeType) -> bool:
    """Whether a function has others inside, or lists, which numba may make arrays of."""
    names = {step.opname for step in dis.get_instructions(code)}
    return not names.isdisjoint({"MAKE_FUNCTION", "BUILD_LIST", "LIST_APPEND"})


# Steps that end with a look at which names live, and compile nothing.
_LOOKING_AGAIN = GenericRewrites, IRProcessing, ReconstructSSA, PreLowerStripPhis, IRLegalization


class _Passes(PassManager):
    def _runPass(self, index, pss, internal_state):
        # numba's also writes down, of each step, its times and the texts of all types.
        pss.analysis = self._analysis
        pss.run_initialization(internal_state)
        with lifetimes_when_asked() if isinstance(pss, _LOOKING_AGAIN) else nullcontext():
            pss.run_pass(internal_state)
        pss.run_finalizer(internal_state)


@register_pass(mutates_CFG=True, analysis_only=False)
class _Rewrites(NopythonRewrites):
    """What numba makes of array expressions and of names of fields as texts, where there are any."""

    _name = "archsim_rewrites"

    def run_pass(self, state):
        if any(isinstance(kind, types.StringLiteral) for kind in state.typemap.values()):
            return super().run_pass(state)
        gives_array = (
            signature is not None
            and isinstance(signature.return_type, types.Array)
            and _by_element(expression, state.typemap)
            for expression, signature in state.calltypes.items()
        )
        return any(gives_array) and super().run_pass(state)


def _by_element(expression: Any, kinds: Mapping[str, types.Type]) -> bool:
    """Whether an expression that gives an array may work element by element."""
    # Statements are asked, too, which have no `op`.
    op = getattr(expression, "op", "")
    if op != "call":
        return op in ("unary", "binop", "inplace_binop")
    called = getattr(kinds[expression.func.name], "typing_key", None)
    return isinstance(called, np.ufunc | DUFunc)


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    _name = "archsim_lowering"

    @property
    def lowering_class(self):
        """Without counts of references to what the caller holds."""
        return KernelLower

    def run_pass(self, state):
        if state.library is None:
            state.library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
        return super().run_pass(state)


class _Library(JITCodeLibrary):
    """Machine code of a kernel, which is optimised once: together with what it calls."""

    def _optimize_functions(self, ll_module):
        if not hasattr(llvm, "create_new_function_pass_manager"):  # llvmlite before 0.44
            super()._optimize_functions(ll_module)
            return
        ll_module.data_layout = self._codegen._data_layout
        # What the counts of references need that they cancel; all the rest comes afterwards.
        passes = llvm.create_new_function_pass_manager()
        passes.add_sroa_pass()
        passes.add_simplify_cfg_pass()
        passes.add_refprune_pass()
        builder = llvm.create_pass_builder(self._codegen._tm, llvm.create_pipeline_tuning_options())
        for function in ll_module.functions:
            if not function.is_declaration:
                passes.run(function, builder)


_OWN = {NopythonRewrites: _Rewrites, NativeLowering: _Lowering}
