"""Models on Hugging Face: `hf:owner/name[@revision]` as a folder, and a folder pushed.

Imports the client when one is named, with its telemetry off. Checks no digest: a folder from there
is opened as any other.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from vmd_solver.errors import ModelError, RuntimeUnavailable

PREFIX = "hf:"
"""What such a model begins with, where the name of one is taken."""

FILES = (
    "README.md", "SHA256SUMS", "config.json", "denoiser.onnx", "encoder.onnx", "metrics.json",
    "prior.onnx", "weights.safetensors",
)  # fmt: skip
"""All that is ever fetched or pushed: the names of the files of a model folder."""

LARGEST = 1 << 32
"""Bytes of a model: far more than any has."""

NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
"""Owner and name of a repository."""

_REVISION = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")

Note = Callable[[str], None]
"""What takes a line for the user."""


def folder(model: str, note: Note = warnings.warn) -> Path:
    """The folder in the client's cache that `hf:owner/name[@revision]` means, fetched if need be.

    Without a connection what was fetched before is taken, and `note` is told so. A commit that is
    in the cache needs none. Raises ModelError, RuntimeUnavailable without the extra `hub`, OSError.
    """
    repository, revision = _parsed(model)
    client = _client()

    def cached() -> Path:
        found = client.snapshot_download(
            repository, revision=revision, local_files_only=True, allow_patterns=list(FILES)
        )
        return Path(found)

    if revision is not None and _COMMIT.fullmatch(revision):
        with suppress(client.errors.LocalEntryNotFoundError):
            return cached()
    try:
        info = client.HfApi().model_info(repository, revision=revision, files_metadata=True)
        sizes = {file.rfilename: file.size for file in info.siblings if file.rfilename in FILES}
        if not {"SHA256SUMS", "config.json"} <= sizes.keys():
            raise ModelError(f"{model} is no model of vmd-train: it has no config.json, SHA256SUMS")
        if (size := sum(sizes.values())) > LARGEST:
            raise ModelError(f"{model} has {size:,} bytes, expected at most {LARGEST:,}")
        found = client.snapshot_download(repository, revision=revision, allow_patterns=list(FILES))
        return Path(found)
    except ModelError:
        raise
    except Exception as error:  # the client lets errors of its HTTP library through
        reason = _reason(client, error)
        if _is_answer(error):
            raise ModelError(f"{model} cannot be fetched: {reason}") from error
        try:
            found = cached()
        except client.errors.LocalEntryNotFoundError:
            raise ModelError(f"{model} cannot be fetched, nor is it cached: {reason}") from error
        if not isinstance(error, client.errors.OfflineModeIsEnabled):
            note(f"{model}: {reason}; takes what was fetched before, commit {found.name[:12]}")
        return found


def pinned(model: str | None, note: Note) -> str | None:
    """A model with the commit that it means now, so that all who open it get the same; any that is
    not on Hugging Face as it is. Raises as `folder`."""
    if model is None or not model.startswith(PREFIX):
        return model
    repository, _ = _parsed(model)
    return f"{PREFIX}{repository}@{folder(model, note).name}"


def push(model: Path, repository: str, private: bool, message: str) -> str:
    """Push the files of a model folder in one commit; its address.

    The repository is made unless it is there. Raises ModelError, RuntimeUnavailable without the
    extra `hub`, and OSError.
    """
    client = _client()
    if client.get_token() is None:
        raise ModelError("no token of Hugging Face; log in with `hf auth login`, or set HF_TOKEN")
    api = client.HfApi()
    try:
        api.create_repo(repository, private=private or None, exist_ok=True)
        if private and not api.model_info(repository).private:
            raise ModelError(f"{repository} is there and public; choose another name")
        # A file that this model has not would be one too many in the folder of whoever fetches it.
        commit = api.upload_folder(
            repo_id=repository, folder_path=model, commit_message=message,
            allow_patterns=list(FILES), delete_patterns=list(FILES),
        )  # fmt: skip
    except ModelError:
        raise
    except Exception as error:  # as above
        reason = _reason(client, error)
        raise ModelError(f"{repository} cannot be pushed to: {reason}") from error
    return str(commit.commit_url)


def _parsed(model: str) -> tuple[str, str | None]:
    """Repository, and revision if there is one. Raises ModelError."""
    repository, at, revision = model.removeprefix(PREFIX).partition("@")
    if not NAME.fullmatch(repository) or (at and not _REVISION.fullmatch(revision)):
        raise ModelError(f"{model!r} names no model; write hf:owner/name or hf:owner/name@revision")
    return repository, revision or None


def _client() -> ModuleType:
    """huggingface_hub: without telemetry, bars and log, which it asks for while it is loaded.

    Files travel by plain HTTP, as in the tests; models are small. Raises RuntimeUnavailable.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    for name in ("PROGRESS_BARS", "SYMLINKS_WARNING", "XET"):
        os.environ.setdefault(f"HF_HUB_DISABLE_{name}", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    try:
        import huggingface_hub.errors
    except ModuleNotFoundError as error:
        raise RuntimeUnavailable(
            "models on Hugging Face need huggingface_hub; install vmd-solver[hub]"
        ) from error
    return huggingface_hub


def _is_answer(error: Exception) -> bool:
    """Whether the hub itself said no, which no older copy is to hide."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return status in range(400, 500) and status != 429


def _reason(client: ModuleType, error: Exception) -> str:
    """What went wrong, in words. Raises the error itself where it is one of a file here."""
    errors = client.errors
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    if isinstance(error, errors.GatedRepoError):
        return "access must be granted first; ask for it on its page"
    if isinstance(error, errors.RevisionNotFoundError):
        return "there is no such revision"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "there is no such repository, or none that your token may see"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set"
    if isinstance(error, errors.HfHubHTTPError):
        status, said = error.response.status_code, error.server_message
        refused = (
            "; your token may not (hf auth login, or HF_TOKEN)" if status in (401, 403) else ""
        )
        return f"the hub answers {status}{f': {said}' if said else ''}{refused}"
    if isinstance(error, ValueError):  # of a card that the hub does not take
        return " ".join(str(error).split())
    said = (str(error) or type(error).__name__).splitlines()[0]
    return f"the connection failed: {said.rstrip('.')}"
