"""`vmd-train text`: variational masked diffusion on text files, from corpus to exported model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_solver.denoiser.manifest import check_digests
from vmd_solver.errors import ModelError
from vmd_solver.text.alphabet import Alphabet, from_config
from vmd_training import session
from vmd_training.files import write_text
from vmd_training.session import AMOUNT, COUNT, FILE, FOLDER, HELD_OUT, RUN, file_name, stated

if TYPE_CHECKING:
    from vmd_training.device import Plan, World
    from vmd_training.text.corpus import Corpus
    from vmd_training.text.loop import TextRun


@click.command()
@click.option("--corpus", type=FILE, multiple=True, metavar="FILE...",
              help="UTF-8 text to train on; the end of each file is held out.")  # fmt: skip
@click.argument("more", type=FILE, nargs=-1, metavar="")
@click.option("--alphabet", type=click.Choice(["bytes", "text8", "bpe"]), default="bytes",
              help="text8 has 27 letters; bpe learns subwords.")  # fmt: skip
@click.option("--vocabulary", type=click.IntRange(2, 65_535), default=2000,
              help="Subwords of --alphabet bpe.")  # fmt: skip
@HELD_OUT
@click.option("--latent", type=click.Choice(["block", "none"]), default="block",
              help="A latent for each block, or plain masked diffusion.")  # fmt: skip
@click.option("--prior", type=click.Choice(["learned", "normal"]), default="learned",
              help="p(z | x_t) learned beside the rest, or N(0, I) as in the paper.")  # fmt: skip
@click.option("--length", type=click.IntRange(2), default=128,
              help="Tokens of a window, and of the longest block.")  # fmt: skip
@click.option("--block-length", "block_lengths", type=COUNT, multiple=True,
              help="Tokens of a block; of several each step takes one.  "
              "[default: 4, 8, 16, 32 and the window]")  # fmt: skip
@click.option("--blocks", type=COUNT,
              help="The same, as blocks of a window; 1 is one latent for all.")  # fmt: skip
@click.option("--width", "d", type=click.IntRange(8), default=96, help="Of the transformer.")
@click.option("--layers", type=COUNT, default=3, help="Of the transformer.")
@click.option("--heads", type=COUNT, default=4, help="Of its attention.")
@click.option("--channels", "k", type=click.IntRange(1, 1024), default=32,
              help="Numbers in the latent of a block.")  # fmt: skip
@click.option("--rows", type=COUNT, default=8, help="Windows in a step.")
@click.option("--beta", type=AMOUNT, default=1.0, help="Weight of the KL in the end.")
@click.option("--free", "free_nats", type=AMOUNT, default=0.1,
              help="Nats of KL that cost nothing, for each masked token.")  # fmt: skip
@session.together(*RUN)
@click.option("--out", type=FOLDER, help="Folder of the run.  [default: runs/text-LATENT]")
@click.option("--resume", is_flag=True,
              help="Continue the run in --out, to other --steps, --time or --beta.")  # fmt: skip
@click.option("--name", default="text", callback=file_name, help="Name of the model.")
@click.option("--promote/--no-promote", default=False,
              help="Copy into exported/ of the checkout if its bound is lower.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No plan and no progress.")
def command(
    corpus: tuple[Path, ...], more: tuple[Path, ...], out: Path | None, resume: bool, device: str,
    threads: int | None, quiet: bool, name: str, promote: bool, **planned: Any,
) -> None:  # fmt: skip
    """Learn to write text like that of the files, and export a model for vmd-text."""
    plan = session.planned(device, threads)
    from vmd_training import loop
    from vmd_training.device import join
    from vmd_training.text import corpus as corpora
    from vmd_training.text.loop import TextTask

    folder, world = out or Path("runs") / f"text-{planned['latent']}", join()
    quiet = quiet or not world.leads
    if resume:
        run, alphabet = _resumed(folder, planned, plan, world)
    else:
        run, alphabet = _begun(folder, (*corpus, *more), planned, plan, world)
    data = corpora.read(folder, alphabet, run.model.config.length)
    session.teller(quiet)(_plan(run, alphabet, data))
    task = TextTask(data, alphabet)
    done = session.to_its_end(
        run,
        lambda: loop.train(run, task, session.progress(quiet, _described)),
        f"vmd-train text --resume --out {folder}",
        "fewer --rows",
    )
    if done:
        _finish(run, data, alphabet, name, promote)


def _begun(
    folder: Path, files: tuple[Path, ...], planned: dict[str, Any], plan: Plan, world: World
) -> tuple[TextRun, Alphabet]:
    """A new run: its folder holds the tokens of the corpus, and the alphabet."""
    from vmd_training.text import corpus as corpora
    from vmd_training.text.loop import TextRun, TextTrainConfig
    from vmd_training.text.model import TextConfig

    if not files:
        raise click.UsageError("no corpus; name a text file with --corpus FILE")
    session.require_no_run(folder)
    lengths = _block_lengths(planned["length"], planned["block_lengths"], planned["blocks"])
    alphabet = corpora.alphabet_of(planned["alphabet"], files, planned["vocabulary"])
    of_model = ("latent", "prior", "length", "d", "layers", "heads", "k")
    model_config = TextConfig(alphabet.V, **{key: planned[key] for key in of_model})
    planned |= {"block_lengths": lengths, "corpus": tuple(file.name for file in files)}
    of_run = TextTrainConfig.__dataclass_fields__
    config = TextTrainConfig(**{key: planned[key] for key in of_run if key in planned})
    if world.leads:
        corpora.write(files, folder, alphabet, planned["held_out"])
        write_text(folder / "alphabet.json", json.dumps(alphabet.to_config()))
    world.agree(0.0)  # nobody reads the corpus before it is there
    return TextRun(folder, config, model_config, plan, world), alphabet


def _block_lengths(length: int, lengths: tuple[int, ...], blocks: int | None) -> tuple[int, ...]:
    """The block lengths of a run. Raises UsageError where a window cannot be cut so."""
    if blocks and lengths:
        raise click.UsageError("--blocks and --block-length say the same: give one of them")
    if blocks and length % blocks == 0:
        return (length // blocks,)
    usual = tuple(L for L in (4, 8, 16, 32) if length % L == 0 and length > L)
    chosen = lengths or (*usual, length)
    if blocks or any(length % L for L in chosen):
        wrong = f"{blocks} blocks" if blocks else f"blocks of {', '.join(map(str, chosen))}"
        raise click.UsageError(f"a window of {length} tokens cannot be cut into {wrong}")
    return chosen


def _resumed(
    folder: Path, planned: dict[str, Any], plan: Plan, world: World
) -> tuple[TextRun, Alphabet]:
    """The run in a folder, with what it was begun with, but for a plan that was stated again."""
    from vmd_training import checkpoint
    from vmd_training.text.loop import TextRun, TextTrainConfig
    from vmd_training.text.model import TextConfig

    state = session.saved_state(folder)
    changes = {name: planned[name] for name in ("steps", "time_s", "beta") if stated(name)}
    path = folder / "checkpoint.pt"
    had = TextTrainConfig.from_dict(state["train_config"], path)
    config = replace(had, slice_s=planned["slice_s"], **changes)
    model_config = checkpoint.stored(TextConfig, state["model_config"], path)
    run = TextRun(folder, config, model_config, plan, world)
    run.resume()
    return run, _alphabet(folder / "alphabet.json")


def _alphabet(path: Path) -> Alphabet:
    """The alphabet in a file. Raises ModelError."""
    try:
        return from_config(json.loads(path.read_text("utf-8")), str(path))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged, or no alphabet of vmd-train text") from error


def _plan(run: TextRun, alphabet: Alphabet, data: Corpus) -> str:
    from vmd_training.model import parameter_count

    config, model = run.config, run.model.config
    lines = [
        ("device", f"{run.plan.device}: {run.plan.reason}"),
        ("model", f"{parameter_count(run.model):,} parameters, latent {model.latent}"),
        ("text", f"{len(data.train):,} tokens to train on, {len(data.held_out):,} held out;"
                 f" {alphabet.name}"),
        ("blocks", f"of {', '.join(map(str, config.block_lengths))}, {config.rows} windows of"
                   f" {model.length} tokens a step"),
        ("steps", f"{config.steps:,}" if config.steps else f"{config.time_s / 60:.0f} minutes"),
        ("folder", str(run.folder)),
    ]  # fmt: skip
    if run.step:
        lines.insert(0, ("resumed", f"after {run.step:,} steps"))
    return session.aligned(lines)


def _described(row: dict[str, Any]) -> str:
    """A log row in a line."""
    if "held_out" in row:
        return "held out, bits a character: " + ", ".join(
            f"{bits['bits']:.2f} ({bits['kl_bits']:.2f} of it KL) in {calls} a block"
            for calls, bits in row["held_out"].items()
        )
    return "nats a token + KL a block: " + ", ".join(
        f"{L}: {means['nats']:.2f} + {means['kl_nats']:.1f}"
        for L, means in sorted(row["blocks"].items(), key=lambda block: int(block[0]))
    )


def _finish(run: TextRun, data: Corpus, alphabet: Alphabet, name: str, promote: bool) -> None:
    """Evaluate, report, export, and promote."""
    from vmd_training.text.export import export, figures

    def scored(ships: Path) -> float:
        check_digests(ships)
        return float(json.loads((ships / "metrics.json").read_text("utf-8"))["score"])

    metrics = figures(run, data, alphabet)
    folder = run.folder / "export" / name
    export(run.ema, folder, name, alphabet, metrics)
    click.echo(f"model: {folder}\nuse it: vmd-text --model {folder} PROMPT")
    if promote:
        click.echo(session.promote_better(folder, metrics["score"], scored))
