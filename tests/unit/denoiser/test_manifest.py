"""A model that this version cannot trust is refused, with a reason."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver.denoiser.manifest import CONTRACT, Manifest, check_digests, read_config
from vmd_solver.errors import DigestMismatch, ManifestMismatch, ModelError

MANIFEST = Manifest(
    CONTRACT, k=2, patterns=64, d=32, loops=16, links=0, latent="candidate", name="tiny"
)
VALUES: dict[str, Any] = MANIFEST.to_config()["vmd"]


def test_config_and_metadata_come_back_as_they_went() -> None:
    assert Manifest.of(VALUES, "here") == MANIFEST
    MANIFEST.check_metadata(MANIFEST.to_metadata("prior"), "prior", "here")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"contract": CONTRACT + 1}, f"contract {CONTRACT + 1}"),
        ({"contract": None}, "is it a vmd model"),
        ({"latent": "none so far"}, "latent"),
        ({"k": "many"}, "not numbers"),
        ({"attention": 1}, "unknown vmd.attention"),
        ({"d": 10**12}, "d 1e[+]12, expected 1 to 4096"),
        ({"d": 0}, "d 0, expected 1 to 4096"),
        ({"k": -1}, "k -1, expected 0 to 64"),
        ({"loops": 10**9}, "expected 1 to 4096"),
        ({"d": "1" * 5000}, "not numbers"),
        ({"d": float("inf")}, "not numbers"),
        ({"contract": "²"}, "is it a vmd model"),
        ({"contract": [2]}, "is it a vmd model"),
        ({"latent": ["none"]}, "latent"),
    ],
)
def test_what_is_not_understood_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ManifestMismatch, match=reason):
        Manifest.of({**VALUES, **change}, "here")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ManifestMismatch, match=r"no vmd\.loops"):
        Manifest.of({key: value for key, value in VALUES.items() if key != "loops"}, "here")


def test_info_keys_may_be_anything() -> None:
    assert Manifest.of({**VALUES, "info.note": "hello"}, "here") == MANIFEST


def test_a_file_of_another_role_is_refused() -> None:
    with pytest.raises(ManifestMismatch, match="is not the prior"):
        MANIFEST.check_metadata(MANIFEST.to_metadata("encoder"), "prior", "here")


@pytest.mark.parametrize("text", ["", "[]", '{"vmd": 3}', "{}", "\x00"])
def test_a_config_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ManifestMismatch):
        read_config(tmp_path)


def test_no_config_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_config(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from hashlib import sha256

    (tmp_path / "config.json").write_text(json.dumps(MANIFEST.to_config()))
    (tmp_path / "denoiser.onnx").write_bytes(b"network")
    sums = [
        f"{sha256((tmp_path / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("config.json", "denoiser.onnx")
    ]
    (tmp_path / "SHA256SUMS").write_text("".join(sums))
    return tmp_path


def test_untouched_files_pass(folder: Path) -> None:
    check_digests(folder)


def test_a_changed_byte_is_noticed(folder: Path) -> None:
    (folder / "denoiser.onnx").write_bytes(b"netw0rk")
    with pytest.raises(DigestMismatch, match="was changed"):
        check_digests(folder)


def test_a_missing_file_is_noticed(folder: Path) -> None:
    (folder / "denoiser.onnx").unlink()
    with pytest.raises(DigestMismatch, match="cannot be read"):
        check_digests(folder)


@pytest.mark.parametrize("name", ["prior.onnx", "weights.bin", "metrics.json"])
def test_a_file_that_is_not_listed_is_not_trusted(folder: Path, name: str) -> None:
    (folder / ".hidden").touch()
    check_digests(folder)
    (folder / name).touch()
    with pytest.raises(DigestMismatch, match=f"{name} is not listed in SHA256SUMS; remove it"):
        check_digests(folder)


def test_a_card_may_be_edited_unless_it_is_listed(folder: Path) -> None:
    (folder / "README.md").write_text("# One")
    check_digests(folder)
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  README.md\n")
    with pytest.raises(DigestMismatch, match=r"README\.md was changed"):
        check_digests(folder)


@pytest.mark.parametrize("name", ["SHA256SUMS", "config.json", "denoiser.onnx", "prior.onnx"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), os.mkdir])
def test_what_is_no_regular_file_is_not_read(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    """A pipe that nobody writes into never answers."""
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    with pytest.raises(DigestMismatch, match=r"cannot be read|is not listed"):
        check_digests(folder)


@pytest.mark.parametrize("sums", ["", "garbage", "00  config.json\n"])
def test_sums_that_leave_out_the_network_are_refused(folder: Path, sums: str) -> None:
    (folder / "SHA256SUMS").write_text(sums)
    with pytest.raises(DigestMismatch):
        check_digests(folder)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
SPOILT = st.dictionaries(st.sampled_from([*VALUES, "role", "info.x", "more"]), JSON, max_size=3)


@given(st.fixed_dictionaries({"vmd": st.builds(lambda spoilt: VALUES | spoilt, SPOILT) | JSON}))
def test_any_configuration_is_read_or_refused(config: dict[str, Any]) -> None:
    refused(json.dumps(config).encode())


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_refused(text: bytes) -> None:
    assert refused(text)


def test_bottomless_text_is_refused() -> None:
    assert refused(b'{"vmd": ' + b"[" * 100_000)


def refused(text: bytes) -> bool:
    """Whether a configuration is; nothing else may come of it than that, or a sound manifest."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_bytes(text)
        try:
            manifest = read_config(Path(folder))
        except ManifestMismatch as error:
            assert str(error).startswith(folder)
            return True
    assert Manifest.of(manifest.to_config()["vmd"], "here") == manifest
    return False
