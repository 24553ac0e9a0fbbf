"""The command `vmd-text`: its options, and nothing that they do.

Everything heavy is imported once the options are read, so that --help is there at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from vmd_solver import __version__
from vmd_solver.cli.output import Output
from vmd_solver.console.exits import ExitCode, guard
from vmd_solver.console.interrupt import install
from vmd_solver.console.narrator import narrate
from vmd_solver.errors import TextError

if TYPE_CHECKING:
    from vmd_solver.text.denoiser import OnnxText
    from vmd_solver.text.sampler import Sample

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_EPILOG = (
    "Exit codes: 0 written, 1 the reader went away, 2 wrong usage, or text that the model cannot "
    "take, 3 no model or runtime, 130 interrupted."
)
_POLICIES = ("top", "random", "margin", "entropy", "threshold", "last")
_SETTINGS = ("nfe", "block_length", "policy", "threshold", "temperature", "latents", "z", "remask",
             "seed")  # fmt: skip


@click.command("vmd-text", epilog=_EPILOG, context_settings=_CONTEXT)
@click.argument("prompt", required=False)
@click.option("--fill", metavar="TEXT", help="Fill the gaps of TEXT, one token for each _.")
@click.option("--gap", default="_", metavar="MARK", help="What marks a masked token.  [_]")
@click.option("-n", "--length", type=click.IntRange(1, 1_000_000), default=256,
              help="Tokens to write after the prompt.  [256]")  # fmt: skip
@click.option("--block-length", type=int, default=16, help="Tokens of a block.  [16]")
@click.option("--blocks", type=click.IntRange(1, 1_000_000), default=None,
              help="Blocks to write, in place of --length.")  # fmt: skip
@click.option("--nfe", type=int, default=16, help="Most denoiser calls on a block.  [16]")
@click.option("-t", "--temperature", type=float, default=0.7,
              help="0 takes the likeliest tokens, above they are drawn.  [0.7]")  # fmt: skip
@click.option("--policy", type=click.Choice(_POLICIES), default="top",
              help="Which masked tokens to commit after a call.  [top]")  # fmt: skip
@click.option("--threshold", type=float, default=0.95,
              help="--policy threshold commits what is this probable.  [0.95]")  # fmt: skip
@click.option("--latents", type=int, default=1,
              help="Texts to sample side by side; the likeliest is taken.  [1]")  # fmt: skip
@click.option("--z", type=click.Choice(["keep", "redraw", "refine"]), default="keep",
              help="The latent between two calls on a block.  [keep]")  # fmt: skip
@click.option("--remask", type=click.Choice(["none", "doubt"]), default="none",
              help="Mask again what the model was least sure of.  [none]")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, help="Of everything random.  [0]")
@click.option("--replace", is_flag=True,
              help="Replace characters that the model's alphabet lacks.")  # fmt: skip
@click.option("--model", metavar="NAME|FOLDER", help="Which model.  [text]")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              help="Where the model runs.  [auto]")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, 1024), help="Of the model.  [at most 4]")
@click.option("--watch", is_flag=True, help="Show the text as it appears; for terminals.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No notes, errors only.")
@click.version_option(__version__, message="vmd-text %(version)s")
def command(**options: Any) -> dict[str, Any]:
    """Write text after PROMPT, or fill the gaps of a text, by masked diffusion.

    The included model is a toy: 1.1 million parameters that have read Shakespeare's plays, byte
    by byte, at 2.9 bits a character. It writes in their manner, without sense.

    Without PROMPT and --fill the prompt is read from standard input, unless that is a terminal;
    `-` reads it in any case. The prompt is written with what follows it, and never changed.
    """
    return options


def main() -> None:
    """The installed script."""
    install()
    sys.exit(guard(_main, "vmd-text", "vmd-train text makes one"))


def _main() -> int:
    asked = command.main(prog_name="vmd-text", standalone_mode=False)
    return asked if isinstance(asked, int) else run(asked)


def run(options: dict[str, Any]) -> int:
    """Write what was asked for; the exit code."""
    from vmd_solver.text.denoiser import load
    from vmd_solver.text.sampler import TextSettings

    settings = TextSettings(**{name: options[name] for name in _SETTINGS})
    given = _given(options)
    model = load(options["model"], options["device"], options["threads"])
    started = time.perf_counter()
    with Output(None) as output:
        screen = _screen(model, options, output)
        sample = _sample(model, given, settings, options, screen)
        if model.device_note and not options["quiet"]:
            narrate(f"note: {model.device_note}")
        if options["as_json"]:
            seconds = round(time.perf_counter() - started, 3)
            record = json.dumps(_row(model, given, settings, sample, seconds), ensure_ascii=False)
        else:
            record = sample.text
        if screen is None:
            output.write(record.encode() + b"\n")
    return ExitCode.SOLVED


def _given(options: dict[str, Any]) -> str:
    """The prompt, or the text with gaps. Raises UsageError and TextError."""
    prompt, fill = options["prompt"], options["fill"]
    if fill is not None and prompt is not None:
        raise click.UsageError("a prompt and --fill exclude one another; give one of them")
    if len(options["gap"]) != 1:
        raise click.UsageError(f"--gap expects one character, got {options['gap']!r}")
    text = prompt if fill is None else fill
    if text == "-" or (text is None and sys.stdin is not None and not sys.stdin.isatty()):
        text = _piped()
    text = text or ""
    try:
        text.encode()
    except UnicodeEncodeError as error:  # what the shell handed over as bytes of no character
        raise TextError(f"the prompt is not UTF-8: character {error.start + 1}") from error
    if fill is not None and options["gap"] not in text:
        raise TextError(f"nothing to fill: no {options['gap']!r} in the text; mark gaps with it")
    return text


def _piped() -> str:
    """All of standard input, less one line end. Raises TextError."""
    try:
        text = sys.stdin.buffer.read().decode("utf-8") if sys.stdin else ""
    except UnicodeDecodeError as error:
        raise TextError(f"standard input is not UTF-8: byte {error.start}") from error
    return text.removesuffix("\n")


def _sample(
    model: OnnxText, given: str, settings: Any, options: dict[str, Any],
    screen: Callable[[Any], None] | None,
) -> Sample:  # fmt: skip
    from vmd_solver.text.sampler import extend, fill, quiet

    observe = screen or quiet
    if options["fill"] is not None:
        masked = model.alphabet.encode_gaps(given, options["gap"], options["replace"])
        return fill(model, masked, settings, observe)
    tokens = model.alphabet.encode(given, options["replace"])
    blocks = options["blocks"]
    count = blocks * settings.block_length if blocks else options["length"]
    return extend(model, tokens, count, settings, observe)


def _row(model: OnnxText, given: str, settings: Any, sample: Sample, seconds: float) -> Any:
    """The object of --json."""
    return {
        "text": sample.text, "given": given, "tokens": len(sample.tokens), "nfe": sample.nfe,
        "latents": settings.latents, "nats": sample.nats, "remasked": sample.remasked,
        "seed": settings.seed, "model": model.name, "seconds": seconds,
    }  # fmt: skip


def _screen(
    model: OnnxText, options: dict[str, Any], output: Output
) -> Callable[[Any], None] | None:
    """What --watch shows, where there is a terminal for it."""
    if not options["watch"]:
        return None
    if options["as_json"] or not output.is_terminal:
        if not options["quiet"]:
            narrate("note: --watch needs a terminal and no --json; writing without it")
        return None
    from vmd_solver.cli.watching import Screen

    return Screen(model.alphabet, output)


if __name__ == "__main__":
    main()
