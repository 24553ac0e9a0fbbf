"""The command `vmd-text`: its options, and one run, which imports what it needs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from vmd_solver import __version__
from vmd_solver.cli.output import Output
from vmd_solver.console import ExitCode, Narrator, launch, narrate
from vmd_solver.errors import TextError, json_line, printable
from vmd_solver.hub import pinned

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_EPILOG = (
    "Exit codes: 0 written, 1 the reader went away, 2 wrong usage, or text that the model cannot "
    "take, 3 no model or runtime, 130 interrupted."
)
_COUNT = click.IntRange(1, 1_000_000)
_POLICIES = click.Choice(["top", "random", "margin", "entropy", "threshold", "last"])
_BETWEEN = click.Choice(["keep", "redraw", "refine"])
_REMASK = click.Choice(["none", "doubt"])
_DEVICES = click.Choice(["auto", "cpu", "cuda"])


@click.command("vmd-text", epilog=_EPILOG, context_settings=_CONTEXT)
@click.argument("prompt", required=False)
@click.option("--fill", metavar="TEXT", help="Fill the gaps of TEXT, one token for each _.")
@click.option("--gap", default="_", metavar="MARK", help="What marks a masked token.  [_]")
@click.option(
    "-n", "--length", type=_COUNT, default=256, help="Tokens to write after the prompt.  [256]"
)
@click.option("--block-length", type=int, default=16, help="Tokens of a block.  [16]")
@click.option("--blocks", type=_COUNT, default=None, help="Blocks to write, in place of --length.")
@click.option("--nfe", type=int, default=16, help="Most denoiser calls on a block.  [16]")
@click.option(
    "-t",
    "--temperature",
    type=float,
    default=0.7,
    help="0 takes the likeliest tokens, above they are drawn.  [0.7]",
)
@click.option(
    "--policy",
    type=_POLICIES,
    default="top",
    help="Which masked tokens to commit after a call.  [top]",
)
@click.option(
    "--threshold",
    type=float,
    default=0.95,
    help="--policy threshold commits what is this probable.  [0.95]",
)
@click.option(
    "--latents",
    type=int,
    default=1,
    help="Texts to sample side by side; the likeliest is taken.  [1]",
)
@click.option(
    "--z", type=_BETWEEN, default="keep", help="The latent between two calls on a block.  [keep]"
)
@click.option(
    "--remask",
    type=_REMASK,
    default="none",
    help="Mask again what the model was least sure of.  [none]",
)
@click.option("--seed", type=click.IntRange(0), default=0, help="Of everything random.  [0]")
@click.option("--replace", is_flag=True, help="Replace characters that the model's alphabet lacks.")
@click.option("--model", metavar="NAME|FOLDER|hf:", help="Which model.  [text]")
@click.option("--device", type=_DEVICES, default="auto", help="Where the model runs.  [auto]")
@click.option("--threads", type=click.IntRange(1, 1024), help="Of the model.  [at most 4]")
@click.option("--watch", is_flag=True, help="Show the text as it appears; for terminals.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No notes, errors only.")
@click.version_option(__version__, message="vmd-text %(version)s")
def command(**options: Any) -> Callable[[], int]:
    """Write text after PROMPT, or fill the gaps of a text, by masked diffusion.

    The included model is a toy: 1.1 million parameters that have read Shakespeare's plays, byte
    by byte, at 2.9 bits a character. It writes in their manner, without sense.

    Without PROMPT and --fill the prompt is read from standard input, unless that is a terminal;
    `-` reads it in any case. The prompt is written with what follows it, and never changed.
    """
    return partial(run, options)


def run(options: dict[str, Any]) -> int:
    """Write what was asked for; the exit code."""
    from vmd_solver.text.denoiser import load
    from vmd_solver.text.sampler import TextSettings, extend, fill, quiet

    known = options.keys() & TextSettings.__dataclass_fields__
    settings = TextSettings(**{name: options[name] for name in known})
    given = _given(options)
    name = pinned(options["model"], Narrator(options["quiet"]).note)
    model = load(name, options["device"], options["threads"])
    started = time.perf_counter()
    with Output(None) as output:
        observe: Callable[[Any], None] = quiet
        if options["watch"] and output.is_terminal and not options["as_json"]:
            from vmd_solver.cli.watching import Screen

            observe = Screen(model.alphabet, output)
        elif options["watch"] and not options["quiet"]:
            narrate("note: --watch needs a terminal and no --json; writing without it")
        if options["fill"] is not None:
            masked = model.alphabet.encode_gaps(given, options["gap"], options["replace"])
            sample = fill(model, masked, settings, observe)
        else:
            tokens = model.alphabet.encode(given, options["replace"])
            blocks = options["blocks"]
            count = blocks * settings.block_length if blocks else options["length"]
            sample = extend(model, tokens, count, settings, observe)
        if model.device_note and not options["quiet"]:
            narrate(f"note: {model.device_note}")
        # Of what a model writes a terminal is to show all and obey nothing.
        record = printable(sample.text, "\n\t") if output.is_terminal else sample.text
        if options["as_json"]:
            row = {
                "text": sample.text, "given": given, "tokens": len(sample.tokens),
                "nfe": sample.nfe, "latents": settings.latents, "nats": sample.nats,
                "remasked": sample.remasked, "seed": settings.seed, "model": model.name,
                "seconds": round(time.perf_counter() - started, 3),
            }  # fmt: skip
            record = json_line(row)
        if observe is quiet:
            output.write(record.encode() + b"\n")
    return ExitCode.SOLVED


def _given(options: dict[str, Any]) -> str:
    """The prompt, or the text with gaps. Raises UsageError and TextError."""
    text, fills = options["prompt"], options["fill"] is not None
    if fills and text is not None:
        raise click.UsageError("a prompt and --fill exclude one another; give one of them")
    if len(options["gap"]) != 1:
        raise click.UsageError(f"--gap expects one character, got {options['gap']!r}")
    if fills:
        text = options["fill"]
    if text == "-" or (text is None and sys.stdin is not None and not sys.stdin.isatty()):
        try:
            piped = sys.stdin.buffer.read().decode("utf-8") if sys.stdin else ""
        except UnicodeDecodeError as error:
            raise TextError(f"standard input is not UTF-8: byte {error.start}") from error
        text = piped.removesuffix("\n")
    text = text or ""
    try:
        text.encode()
    except UnicodeEncodeError as error:  # what the shell handed over as bytes of no character
        raise TextError(f"the prompt is not UTF-8: character {error.start + 1}") from error
    if fills and options["gap"] not in text:
        raise TextError(f"nothing to fill: no {options['gap']!r} in the text; mark gaps with it")
    return str(text)


main = partial(launch, command, "vmd-train text makes one")
"""The installed script."""

if __name__ == "__main__":
    main()
