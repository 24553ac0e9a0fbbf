"""`vmd-train text`: variational masked diffusion on text files, from corpus to exported model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmd_solver.text.alphabet import Alphabet, from_config
from vmd_training import session
from vmd_training.options import FOLDER, RUN, file_name, needed, stated, together
from vmd_training.session import (
    aligned,
    progress,
    promote_into,
    require_no_run,
    saved_state,
    to_its_end,
)  # fmt: skip

if TYPE_CHECKING:
    from vmd_training.text.loop import TextRun

ALPHABETS = ("bytes", "text8", "bpe")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.option("--corpus", type=FILE, multiple=True, metavar="FILE...",
              help="UTF-8 text to train on; the end of each file is held out.")  # fmt: skip
@click.argument("more", type=FILE, nargs=-1, metavar="")
@click.option("--alphabet", type=click.Choice(ALPHABETS), default="bytes", show_default=True,
              help="text8 has 27 letters; bpe learns subwords.")  # fmt: skip
@click.option("--vocabulary", type=click.IntRange(2, 65_535), default=2000, show_default=True,
              help="Subwords of --alphabet bpe.")  # fmt: skip
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.1,
              show_default=True, help="Share of each file, at its end.")  # fmt: skip
@click.option("--latent", type=click.Choice(["block", "none"]), default="block", show_default=True,
              help="A latent for each block, or plain masked diffusion.")  # fmt: skip
@click.option("--prior", type=click.Choice(["learned", "normal"]), default="learned",
              show_default=True,
              help="p(z | x_t) learned beside the rest, or N(0, I) as in the paper.")  # fmt: skip
@click.option("--length", type=click.IntRange(2), default=128, show_default=True,
              help="Tokens of a window, and of the longest block.")  # fmt: skip
@click.option("--block-length", "block_lengths", type=click.IntRange(1), multiple=True,
              help="Tokens of a block; of several each step takes one.  "
              "[default: 4, 8, 16, 32 and the window]")  # fmt: skip
@click.option("--blocks", type=click.IntRange(1), default=None,
              help="The same, as blocks of a window; 1 is one latent for all.")  # fmt: skip
@click.option("--width", "d", type=click.IntRange(8), default=96, show_default=True)
@click.option("--layers", type=click.IntRange(1), default=3, show_default=True)
@click.option("--heads", type=click.IntRange(1), default=4, show_default=True)
@click.option("--channels", "k", type=click.IntRange(1, 1024), default=32, show_default=True,
              help="Numbers in the latent of a block.")  # fmt: skip
@click.option("--rows", type=click.IntRange(1), default=8, show_default=True,
              help="Windows in a step.")  # fmt: skip
@click.option("--beta", type=click.FloatRange(0), default=1.0, show_default=True,
              help="Weight of the KL in the end.")  # fmt: skip
@click.option("--free", "free_nats", type=click.FloatRange(0), default=0.1, show_default=True,
              help="Nats of KL that cost nothing, for each masked token.")  # fmt: skip
@together(*RUN)
@click.option("--out", type=FOLDER, default=None,
              help="Folder of the run.  [default: runs/text-LATENT]")  # fmt: skip
@click.option("--resume", is_flag=True,
              help="Continue the run in --out, to other --steps, --time or --beta.")  # fmt: skip
@click.option("--name", default="text", show_default=True, callback=file_name,
              help="Name of the model.")  # fmt: skip
@click.option("--promote/--no-promote", default=False, show_default=True,
              help="Copy into exported/ of the checkout if its bound is lower.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No plan and no progress.")
def command(
    corpus: tuple[Path, ...], more: tuple[Path, ...], out: Path | None, latent: str, resume: bool,
    device: str, threads: int | None, quiet: bool, name: str, promote: bool, **planned: Any,
) -> None:  # fmt: skip
    """Learn to write text like that of the files, and export a model for vmd-text."""
    with needed("training needs"):
        import torch

        from vmd_training import device as devices
        from vmd_training import distributed
        from vmd_training.text import corpus as corpora
        from vmd_training.text.loop import train
    if threads:
        torch.set_num_threads(threads)
    folder = out or Path("runs") / f"text-{latent}"
    world = distributed.join()
    quiet = quiet or not world.leads
    plan = devices.choose(device)
    if resume:
        run, alphabet = _resumed(folder, planned, plan, world)
    else:
        run, alphabet = _begun(folder, (*corpus, *more), {"latent": latent}, planned, plan, world)
    data = corpora.read(folder, alphabet, run.model.config.length)
    if not quiet:
        click.echo(_plan(run, alphabet, len(data.train), len(data.held_out)), err=True)
    again = f"vmd-train text --resume --out {folder}"

    def training() -> None:
        train(run, data, alphabet, progress(quiet, _described))

    if to_its_end(run, training, again, "fewer --rows"):
        _finish(run, data, alphabet, name, promote)


def _begun(
    folder: Path, files: tuple[Path, ...], shape: dict[str, Any], planned: dict[str, Any],
    plan: Any, world: Any,
) -> tuple[TextRun, Alphabet]:  # fmt: skip
    """A new run: its folder holds the tokens of the corpus, and the alphabet."""
    from vmd_training.text import corpus as corpora
    from vmd_training.text.loop import TextRun, TextTrainConfig
    from vmd_training.text.model import TextConfig

    if not files:
        raise click.UsageError("no corpus; name a text file with --corpus FILE")
    require_no_run(folder)
    length = planned["length"]
    planned["block_lengths"] = _block_lengths(length, planned["block_lengths"], planned["blocks"])
    alphabet = corpora.alphabet_of(planned["alphabet"], files, planned["vocabulary"])
    shape |= {key: planned[key] for key in ("prior", "length", "d", "layers", "heads", "k")}
    model_config = TextConfig(alphabet.V, **shape)
    train = {key: planned[key] for key in TextTrainConfig.__dataclass_fields__ if key in planned}
    config = TextTrainConfig(**train, corpus=tuple(file.name for file in files))
    if world.leads:
        corpora.write(files, folder, alphabet, planned["held_out"])
        (folder / "alphabet.json").write_text(json.dumps(alphabet.to_config()), "utf-8")
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
    folder: Path, planned: dict[str, Any], plan: Any, world: Any
) -> tuple[TextRun, Alphabet]:
    """The run in a folder, with what it was begun with, but for a plan that was stated again."""
    from vmd_training.text.loop import TextRun, TextTrainConfig
    from vmd_training.text.model import TextConfig

    state = saved_state(folder)
    changes = {name: planned[name] for name in ("steps", "time_s", "beta") if stated(name)}
    config = replace(
        TextTrainConfig.from_dict(state["train_config"]), slice_s=planned["slice_s"], **changes
    )
    run = TextRun(folder, config, TextConfig.from_dict(state["model_config"]), plan, world)
    run.resume()
    described = json.loads((folder / "alphabet.json").read_text("utf-8"))
    return run, from_config(described, str(folder / "alphabet.json"))


def _plan(run: TextRun, alphabet: Alphabet, train: int, held_out: int) -> str:
    from vmd_training.model import parameter_count

    config, model = run.config, run.model.config
    lines = [
        ("device", f"{run.plan.device}: {run.plan.reason}"),
        ("model", f"{parameter_count(run.model):,} parameters, latent {model.latent}"),
        ("text", f"{train:,} tokens to train on, {held_out:,} held out; {alphabet.name}"),
        ("blocks", f"of {', '.join(map(str, config.block_lengths))}, {config.rows} windows of"
                   f" {model.length} tokens a step"),
        ("steps", f"{config.steps:,}" if config.steps else f"{config.time_s / 60:.0f} minutes"),
        ("folder", str(run.folder)),
    ]  # fmt: skip
    if run.step:
        lines.insert(0, ("resumed", f"after {run.step:,} steps"))
    return aligned(lines)


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


def _finish(run: TextRun, data: Any, alphabet: Alphabet, name: str, promote: bool) -> None:
    """Evaluate, report, export, and promote."""
    from vmd_training.text.export import card, export, figures

    metrics = figures(run, data, alphabet)
    folder = run.folder / "export" / name
    export(run.ema, folder, name, alphabet, metrics, card(run, metrics, name))
    click.echo(f"model: {folder}\nuse it: vmd-text --model {folder} PROMPT")
    if promote:
        click.echo(promote_into(session.EXPORTED, folder, metrics["score"], _score_of))


def _score_of(folder: Path) -> float:
    """The score of an included model."""
    return float(json.loads((folder / "metrics.json").read_text("utf-8"))["score"])
