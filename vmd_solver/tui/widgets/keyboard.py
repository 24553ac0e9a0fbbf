"""Which value a key stands for on a board with a given alphabet. Knows no widget.

A value is typed by its symbol, letters as capitals: small ones are for commands. A symbol that no
single key can type (`10`, a small letter) is typed as usual: 1-9, then A-Z. Alt is for marks.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from vmd_solver.csp.puzzle import default_alphabet

_USUAL = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Keyboard:
    """The keys of one alphabet.

    >>> keys = Keyboard(("1", "2", "10"))
    >>> keys.typed("2", "2"), keys.typed("3", "3"), keys.typed("alt+1", None), keys.typed("a", "a")
    ((2, False), (3, False), (1, True), None)
    """

    def __init__(self, alphabet: Sequence[str]) -> None:
        self._values = {key: value for value, key in enumerate(_USUAL[: len(alphabet)], 1)}
        for value, symbol in enumerate(alphabet, 1):
            if len(symbol) == 1 and not symbol.islower():
                self._values[symbol] = value

    def typed(self, key: str, character: str | None) -> tuple[int, bool] | None:
        """The value that a key press stands for, and whether as a mark; None for other keys."""
        if pencil := key.startswith("alt+"):
            name = key.removeprefix("alt+")
            letter = name.removeprefix("shift+")
            character = name if letter == name else letter.upper()
        value = self._values.get(character or "")
        return None if value is None else (value, pencil)


def legible(alphabet: Sequence[str]) -> tuple[str, ...]:
    """The alphabet as the board shows it: the usual one where a symbol is as wide as two.

    >>> legible(("a", "b")), legible(("\N{CJK UNIFIED IDEOGRAPH-4E00}", "b"))
    (('a', 'b'), ('1', '2'))
    """
    narrow = all(cell_len(symbol) == len(symbol) for symbol in alphabet)
    return tuple(alphabet) if narrow else default_alphabet(len(alphabet))
