"""Makes `kernel.bc`, the kernel as LLVM bitcode: `python -m vmd_solver.csp.build`, or `make kernel`.

Numba compiles the entries of `kernel` here, once, while the project is developed; what ships needs
neither numba nor a compiler, only llvmlite, which turns the bitcode into code for the processor at
hand in a moment (see `compiled`). The bitcode is of no processor in particular, and holds a digest
of the kernel's source: a test tells when it is to be made again.
"""

from __future__ import annotations

import os
import re
from inspect import isfunction

from vmd_solver.csp import digits, kernel
from vmd_solver.csp.compiled import BITCODE, ENTRIES, source_digest

POINTERS = {"givens": "int8", "solutions": "int8", "puzzles": "int8", "scores": "float64"}
"""What the arrays of an entry hold, by name, where it is not int64."""


def main() -> None:
    """Compile, link, optimise and write."""
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = "generic", ""
    import llvmlite.binding as llvm
    from llvmlite import ir
    from numba import njit, types
    from numba.extending import intrinsic, overload, register_jitable

    @intrinsic
    def count_zeros(_: object, mask: types.Integer) -> object:
        def generate(_: object, builder: ir.IRBuilder, __: object, args: list[ir.Value]) -> ir.Value:
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.int64), generate

    @intrinsic
    def count_ones(_: object, mask: types.Integer) -> object:
        def generate(_: object, builder: ir.IRBuilder, __: object, args: list[ir.Value]) -> ir.Value:
            return builder.ctpop(args[0])

        return types.int64(types.int64), generate

    @overload(digits.lowest, strict=False)
    def lowest(mask: int) -> object:
        return lambda mask: count_zeros(mask)

    @overload(digits.bits, strict=False)
    def bits(mask: int) -> object:
        return lambda mask: count_ones(mask)

    @overload(kernel.copy, strict=False)
    def copy(room: object, to: int, start: int, size: int) -> object:
        def words(room, to, start, size):  # type: ignore[no-untyped-def]
            for index in range(size):
                room[to + index] = room[start + index]

        return words

    own = (digits.lowest, digits.bits, kernel.copy)
    for part in filter(isfunction, {**vars(digits), **vars(kernel)}.values()):
        if part not in own:
            register_jitable(part)
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    module = llvm.parse_assembly("")
    for name, kinds in ENTRIES.items():
        names = getattr(kernel, name).__code__.co_varnames
        arguments = tuple(
            types.CPointer(getattr(types, POINTERS.get(names[index], "int64")))
            if kind == "*"
            else types.int64
            for index, kind in enumerate(kinds)
        )
        entry = njit(types.void(*arguments), error_model="numpy", **options)(getattr(kernel, name))
        (made,) = entry.overloads.values()
        text = made.library.get_llvm_str().replace(made.fndesc.llvm_func_name, name)
        module.link_in(llvm.parse_assembly(text))
    for function in module.functions:
        if not function.is_declaration and function.name not in ENTRIES:
            function.linkage = "internal"
    module.name = source_digest()
    module.verify()
    text = re.sub(r'^source_filename = .*$', f'source_filename = "{source_digest()}"', str(module), flags=re.M)
    module = llvm.parse_assembly(text)
    BITCODE.write_bytes(module.as_bitcode())


if __name__ == "__main__":
    main()
