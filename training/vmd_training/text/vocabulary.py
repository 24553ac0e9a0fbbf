"""Choosing an alphabet for a corpus: text8's letters, bytes, or subwords learned from it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from vmd_solver.errors import RuntimeUnavailable
from vmd_solver.text.alphabet import KNOWN, Alphabet
from vmd_training.text.corpus import pieces

NAMES = (*KNOWN, "bpe")


def choose(name: str, files: Sequence[Path], size: int) -> Alphabet:
    """The alphabet of that name; of subwords, `size` of them are learned from the files.

    Raises RuntimeUnavailable where the library for subwords is missing.
    """
    return KNOWN[name] if name in KNOWN else _subwords(files, size)


def _subwords(files: Sequence[Path], size: int) -> Alphabet:
    """Byte-pair encoding over characters, by the tokenizers library.

    Only its list of tokens is kept: text is cut into the longest that fit, in training and in
    sampling alike, so that nothing but the list is needed to run a model.
    """
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(
            "a vocabulary of subwords needs tokenizers; install vmd-solver[subwords]"
        ) from error
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False)
    tokenizer.train_from_iterator(chain.from_iterable(pieces(file) for file in files), trainer)
    found = tokenizer.get_vocab()
    return Alphabet("bpe", tuple(token.encode() for token in sorted(found, key=found.__getitem__)))
