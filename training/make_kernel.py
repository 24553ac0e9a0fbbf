"""Makes `vmd_solver/csp/kernel.bc`, the kernel as LLVM bitcode: `make kernel`.

Numba compiles the entries of `kernel` here, once, while the project is developed; what ships needs
neither numba nor a compiler, only llvmlite, which turns the bitcode into code for the processor at
hand in a moment (see `compiled`). The bitcode is of no processor in particular, and carries a
digest of its sources: a test tells when it is to be made again.
"""

from __future__ import annotations

import os
from inspect import isfunction
from itertools import chain
from typing import Any

from vmd_solver.csp import digits, kernel, subsets
from vmd_solver.csp.compiled import BITCODE, ENTRIES, source, source_digest

KINDS = {"givens": "int8", "solutions": "int8", "puzzles": "int8", "scores": "float64"}
"""What the arrays of an entry hold, by name, where it is not int64."""


def main() -> None:
    """Compile, link and write."""
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = "generic", ""
    import llvmlite.binding as llvm
    import numba

    _register()
    # Neither reference counts nor wrappers: then the code needs nothing of Python to run.
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Any = numba.njit
    module = llvm.parse_assembly("")
    for name, shape in ENTRIES.items():
        entry = source(name)
        types = [
            getattr(numba.types, KINDS.get(argument, "int64"))
            for argument in entry.__code__.co_varnames[: len(shape)]
        ]
        pointers: Any = numba.types.CPointer
        arguments = [
            pointers(one) if kind == "*" else one for one, kind in zip(types, shape, strict=True)
        ]
        made = compiled(numba.types.void(*arguments), error_model="numpy", **options)(entry)
        (one,) = made.overloads.values()
        text = one.library.get_llvm_str().replace(one.fndesc.llvm_func_name, name)
        module.link_in(llvm.parse_assembly(text))
    for function in module.functions:
        if not function.is_declaration and function.name not in ENTRIES:
            function.linkage = "internal"
    module.verify()
    text = "\n".join(
        f'source_filename = "{source_digest()}"' if line.startswith("source_filename") else line
        for line in str(module).splitlines()
    )
    BITCODE.write_bytes(llvm.parse_assembly(text).as_bitcode())


def _register() -> None:
    """Tell numba of all that the entries call."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic, overload, register_jitable

    @intrinsic
    def trailing_zeros(_: Any, mask: Any) -> Any:
        def generate(_: Any, builder: ir.IRBuilder, __: Any, args: Any) -> Any:
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.int64), generate

    @intrinsic
    def ones(_: Any, mask: Any) -> Any:
        def generate(_: Any, builder: ir.IRBuilder, __: Any, args: Any) -> Any:
            return builder.ctpop(args[0])

        return types.int64(types.int64), generate

    def copy(room: Any, to: int, start: int, size: int) -> None:
        for index in range(size):
            room[to + index] = room[start + index]

    counted: Any = ones
    lowest: Any = trailing_zeros
    overload(digits.lowest, strict=False)(lambda mask: lambda mask: lowest(mask))
    overload(digits.bits, strict=False)(lambda mask: lambda mask: counted(mask))
    overload(kernel.copy, strict=False)(lambda room, to, start, size: copy)
    for part in filter(
        isfunction, chain(*(vars(one).values() for one in (digits, kernel, subsets)))
    ):
        if part not in (digits.lowest, digits.bits, kernel.copy):
            register_jitable(part)


if __name__ == "__main__":
    main()
