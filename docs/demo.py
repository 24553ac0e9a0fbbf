"""Build what the page docs/demo/ needs and git does not hold: `make demo`, with npm.

docs/demo/vendor/ gets ONNX Runtime for browsers, in the one build that the page uses, the shipped
models, and puzzles that ship as examples. Packages are installed in build/demo/.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE, WORK = ROOT / "docs" / "demo", ROOT / "build" / "demo"

RUNTIME = (
    "dist/ort.wasm.bundle.min.mjs",
    "dist/ort-wasm-simd-threaded.wasm",
    "package.json",
)
"""Of onnxruntime-web: the build for the processor alone, its glue in the script."""

MODELS = {
    "grids": ("config.json", "denoiser.onnx", "prior.onnx"),
    "grids-none": ("config.json", "denoiser.onnx"),
}

EXAMPLES = (
    ("An empty 9x9 board", "\n".join(["." * 9] * 9)),
    ("An easy 9x9", "easy.txt"),
    ("A hard 9x9", "hard.txt"),
    ("A 9x9 with two solutions", "several.txt"),
    ("An empty 6x6 board", "\n".join(["." * 6] * 6)),
    ("A 6x6", "6x6.txt"),
    ("An empty 4x4 board", "\n".join(["." * 4] * 4)),
    ("A jigsaw", "jigsaw-9.txt"),
    ("A windoku", "windoku.txt"),
    ("Both diagonals", "x.txt"),
    ("A 16x16", "16x16.txt"),
)
"""Names, and a grid or a file of puzzles/, of which the first puzzle is taken."""


def example(source: str) -> str:
    """The text of an example, without comments."""
    if not source.endswith(".txt"):
        return source
    text = (ROOT / "puzzles" / source).read_text(encoding="utf-8").partition("\n---\n")[0]
    lines = [line for line in text.splitlines() if not line.startswith(("#", "name:"))]
    return "\n".join(lines)


def build() -> None:
    """Fill docs/demo/vendor/, all of it or nothing."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("make demo needs npm: install Node.js 20 or newer")
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PAGE / name, WORK)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=WORK, check=False).returncode:
        sys.exit("make demo: npm could not install the packages, see above")
    made = WORK / "vendor"
    shutil.rmtree(made, ignore_errors=True)
    (made / "runtime").mkdir(parents=True)
    for name in RUNTIME:
        shutil.copy(WORK / "node_modules" / "onnxruntime-web" / name, made / "runtime")
    for model, names in MODELS.items():
        (made / "models" / model).mkdir(parents=True)
        for name in names:
            shutil.copy(ROOT / "exported" / model / name, made / "models" / model)
    examples = [{"name": name, "text": example(source)} for name, source in EXAMPLES]
    (made / "examples.json").write_text(json.dumps(examples, indent=1), encoding="utf-8")
    shutil.rmtree(PAGE / "vendor", ignore_errors=True)
    made.rename(PAGE / "vendor")


if __name__ == "__main__":
    build()
