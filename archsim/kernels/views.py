"""Views of flat memories as kernels take them, cheap to compile and to make.

What numba makes of `memory[a:b].reshape(rows, columns)` counts references, clips the slice, looks
whether it must be copied and holds the texts of its errors: half of the time that a caller takes to
compile. Here a view is an address and a shape. As with `compiled.borrowed` it holds no reference:
the caller in Python holds the memory until its kernel returns.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from archsim.kernels.lending import lends


def _lend(view, source):
    """A view without references on as many values as another array has."""
    view.meminfo = ir.Constant(view.meminfo.type, None)
    view.parent = ir.Constant(view.parent.type, None)
    view.nitems = source.nitems
    view.itemsize = source.itemsize


@intrinsic
def ask_for(typing_context, memory, position):
    """Let the caches fetch number `position` of a contiguous memory before it is read; nothing is
    checked, and nothing waits.
    """
    if not isinstance(memory, types.Array):
        return None

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        target = builder.gep(array.data, [arguments[1]])
        target = builder.bitcast(target, ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [target.type, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        # To read (0), into the nearest cache (3), data (1).
        builder.call(function, [target, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.none(memory, types.intp), generate


@lends
@intrinsic
def view_at(typing_context, memory, first, shape):
    """`memory[first : first + size].reshape(shape)` of a contiguous memory; nothing is checked.

    Args:
        memory: (n,), contiguous.
        first: place of the first value.
        shape: a tuple of lengths.
    """
    if not (isinstance(memory, types.Array) and memory.ndim == 1 and memory.layout == "C"):
        return None
    if not isinstance(shape, types.UniTuple | types.Tuple):
        return None
    lengths = types.UniTuple(types.intp, len(shape))
    made = memory.copy(ndim=len(shape))
    signature = made(memory, types.intp, lengths)

    def generate(context, builder, signature, arguments):
        memory_kind, _, _ = signature.args
        held, begin, sizes = arguments
        source = context.make_array(memory_kind)(context, builder, value=held)
        view = context.make_array(signature.return_type)(context, builder)
        counts = cgutils.unpack_tuple(builder, sizes)
        width = source.itemsize
        strides = [width]
        for count in reversed(counts[1:]):
            strides.insert(0, builder.mul(strides[0], count))
        total = counts[0]
        for count in counts[1:]:
            total = builder.mul(total, count)
        _lend(view, source)
        view.nitems = total
        view.data = builder.gep(source.data, [begin])
        view.shape = cgutils.pack_array(builder, counts)
        view.strides = cgutils.pack_array(builder, strides)
        return view._getvalue()

    return signature, generate


@lends
@intrinsic
def flat(typing_context, values):
    """`values.reshape(-1)` of a contiguous array; as `view_at`."""
    if not (isinstance(values, types.Array) and values.layout == "C"):
        return None
    made = values.copy(ndim=1)

    def generate(context, builder, signature, arguments):
        source = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        view = context.make_array(signature.return_type)(context, builder)
        _lend(view, source)
        view.data = source.data
        view.shape = cgutils.pack_array(builder, [source.nitems])
        view.strides = cgutils.pack_array(builder, [source.itemsize])
        return view._getvalue()

    return made(values), generate


@lends
@intrinsic
def bits_of(typing_context, values, kind):
    """`values.view(kind)` of a contiguous array, for an integer type as wide as its values."""
    if not (isinstance(values, types.Array) and values.layout == "C"):
        return None
    made = values.copy(dtype=kind.dtype)
    if made.dtype.bitwidth != values.dtype.bitwidth:
        return None

    def generate(context, builder, signature, arguments):
        source = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        view = context.make_array(signature.return_type)(context, builder)
        _lend(view, source)
        view.data = builder.bitcast(source.data, view.data.type)
        view.shape = source.shape
        view.strides = source.strides
        return view._getvalue()

    return made(values, kind), generate
