"""Text files as two files of tokens that are never read whole: one to train on, one held out.

The last share of every file is held out. Tokens are written as unsigned integers, token 1 as 0, and
mapped into memory, so that a corpus may be larger than that.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vmd_solver.errors import RuntimeUnavailable, TextError
from vmd_solver.text.alphabet import KNOWN, Alphabet, Ints
from vmd_training.files import naming

Tokens = npt.NDArray[np.unsignedinteger]

CHUNK = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True)
class Corpus:
    """Tokens of a corpus, less 1, mapped from files."""

    train: Tokens
    held_out: Tokens

    def windows(self, rng: np.random.Generator, rows: int, length: int) -> Ints:
        """Random stretches of the training text: (rows, length) int64 in 1..V."""
        starts = rng.integers(0, len(self.train) - length + 1, rows)
        return _cut(self.train, starts, length)

    def held_out_windows(self, rows: int, length: int) -> Ints:
        """At most this many stretches of the held-out text, evenly spread and not overlapping."""
        count = min(rows, len(self.held_out) // length)
        starts = np.linspace(0, len(self.held_out) - length, count).astype(np.int64)
        return _cut(self.held_out, starts, length)


def _cut(tokens: Tokens, starts: Ints, length: int) -> Ints:
    return np.stack([tokens[start : start + length] for start in starts]).astype(np.int64) + 1


def write(files: Sequence[Path], folder: Path, alphabet: Alphabet, held_out: float) -> None:
    """Turn text files into train.tokens and held_out.tokens in `folder`. Raises TextError for an
    empty file, for one that is not UTF-8, and for a character outside of the alphabet."""
    folder.mkdir(parents=True, exist_ok=True)
    into_train, into_held = (folder / f"{name}.tokens" for name in ("train", "held_out"))
    with naming(into_train), into_train.open("wb") as train, into_held.open("wb") as held:
        for file in files:
            left = int(file.stat().st_size * (1 - held_out))
            if not file.stat().st_size:
                raise TextError(f"{file} is empty; give a file with text in it")
            for piece in pieces(file):
                data = piece.encode()
                early = data[: max(left, 0)].decode(errors="ignore")
                left -= len(data)
                for text, into in ((early, train), (piece[len(early) :], held)):
                    try:
                        into.write((alphabet.encode(text) - 1).astype(_kind(alphabet)).tobytes())
                    except TextError as error:
                        raise TextError(f"{file}: {error}") from error


def read(folder: Path, alphabet: Alphabet, length: int) -> Corpus:
    """What `write` wrote. Raises TextError where there is not a window of `length` tokens."""
    found = []
    for name in ("train", "held_out"):
        path = folder / f"{name}.tokens"
        size = path.stat().st_size // _kind(alphabet).itemsize if path.is_file() else 0
        if size < length:
            raise TextError(
                f"{path} has {size} tokens, expected at least {length}, the length of the model;"
                " give more text, or a smaller --length"
            )
        found.append(np.memmap(path, _kind(alphabet), "r"))
    return Corpus(*found)


def _kind(alphabet: Alphabet) -> np.dtype[np.unsignedinteger]:
    return np.dtype(np.uint8 if alphabet.V <= 256 else np.uint16)


def pieces(file: Path) -> Iterator[str]:
    """The text of a file, some of it at a time, cut after line ends or spaces where there are any.
    Raises TextError, with the offset of the byte, where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest, offset = "", 0
    with file.open("rb") as data:
        while True:
            chunk = data.read(CHUNK)
            pending = len(decoder.getstate()[0])
            try:
                text = rest + decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                at = offset - pending + error.start
                raise TextError(f"{file} is not UTF-8: byte {at} ({error.reason})") from error
            offset += len(chunk)
            if not chunk:
                break
            cut = max(text.rfind("\n"), text.rfind(" ")) + 1 or len(text)
            yield text[:cut]
            rest = text[cut:]
    if text:
        yield text


def alphabet_of(name: str, files: Sequence[Path], size: int) -> Alphabet:
    """The alphabet of that name. Of `bpe`, `size` subwords are learned from the files by byte-pair
    encoding, of which the list of tokens alone is kept: text is cut into the longest that fit.

    Raises RuntimeUnavailable where the tokenizers library is missing.
    """
    if name in KNOWN:
        return KNOWN[name]
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(
            "a vocabulary of subwords needs tokenizers: pip install 'vmd-solver[subwords]'"
        ) from error
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False)
    tokenizer.train_from_iterator(chain.from_iterable(pieces(file) for file in files), trainer)
    found = tokenizer.get_vocab()
    return Alphabet("bpe", tuple(token.encode() for token in sorted(found, key=found.__getitem__)))
