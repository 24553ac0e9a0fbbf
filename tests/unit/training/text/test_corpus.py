"""Text files as files of tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vmd_solver.errors import RuntimeUnavailable, TextError
from vmd_solver.text.alphabet import KNOWN
from vmd_training.text import corpus
from vmd_training.text.corpus import CHUNK

BYTES = KNOWN["bytes"]


def made(folder: Path, *texts: bytes, held_out: float = 0.1) -> corpus.Corpus:
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.txt")
        files[-1].write_bytes(text)
    corpus.write(files, folder / "run", BYTES, held_out)
    return corpus.read(folder / "run", BYTES, 4)


def text_of(tokens: corpus.Tokens) -> str:
    return BYTES.decode(np.asarray(tokens, dtype=np.int64) + 1)


def test_the_end_of_every_file_is_held_out(tmp_path: Path) -> None:
    found = made(tmp_path, b"a" * 90 + b"b" * 10, b"c" * 45 + b"d" * 5)
    assert text_of(found.train) == "a" * 90 + "c" * 45
    assert text_of(found.held_out) == "b" * 10 + "d" * 5


def test_no_character_is_torn_by_a_chunk_or_by_the_split(tmp_path: Path) -> None:
    text = "é" * (CHUNK // 2) + "a" + "é€ " * 1000
    found = made(tmp_path, text.encode(), held_out=0.2)
    assert text_of(found.train) + text_of(found.held_out) == text


def test_windows_are_stretches_of_the_text(tmp_path: Path) -> None:
    text = bytes(range(32, 127)) * 2
    found = made(tmp_path, text)
    windows = found.windows(np.random.default_rng(0), 20, 8)
    assert windows.shape == (20, 8)
    assert all(bytes((row - 1).tolist()) in text for row in windows)
    held_out = found.held_out_windows(100, 4)
    assert len(held_out) == len(found.held_out) // 4


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"0\.txt is empty"):
        made(tmp_path, b"")


@pytest.mark.parametrize("at", [0, 5, CHUNK - 1, CHUNK, CHUNK + 7])
def test_what_is_not_utf8_is_named_with_its_offset(tmp_path: Path, at: int) -> None:
    data = bytearray(b"word " * (CHUNK // 4))
    data[at] = 0xFF
    with pytest.raises(TextError, match=rf"0\.txt is not UTF-8: byte {at} "):
        made(tmp_path, bytes(data))


def test_a_character_cut_off_at_the_end_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"not UTF-8: byte 4 "):
        made(tmp_path, b"text\xc3")


def test_too_little_text_for_a_window_is_reported(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="has 1 tokens, expected at least 4"):
        made(tmp_path, b"ten bytes!")


def test_subwords_cover_the_corpus(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    file = tmp_path / "a.txt"
    file.write_text("the thé then there " * 20, "utf-8")
    found = corpus.alphabet_of("bpe", [file], 20)
    assert found.V <= 20
    assert found.decode(found.encode("the thé")) == "the thé"
    assert len(found.encode("the ")) < 4


def test_without_the_library_subwords_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(RuntimeUnavailable, match=r"vmd-solver\[subwords\]"):
        corpus.alphabet_of("bpe", [], 20)
