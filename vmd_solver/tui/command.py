"""The command `vmd-play`: its options, and nothing that they do.

What it needs is imported once the options are read, so that --help is there at once.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vmd_solver import __version__, completion
from vmd_solver.console import ExitCode, launch, narrate
from vmd_solver.errors import RuntimeUnavailable

if TYPE_CHECKING:
    from vmd_solver.formats import Entry
    from vmd_solver.play.replay import Replay


@click.command("vmd-play", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", required=False, shell_complete=completion.puzzles)
@click.option("-n", "--number", type=click.IntRange(min=1), help="Play the Nth puzzle of the file.")
@click.option("-r", "--resume", is_flag=True, help="Continue the last unfinished game.")
@click.option("-d", "--daily", is_flag=True, help="Play today's puzzle, the same for everybody.")
@click.option(
    "-w",
    "--watch",
    is_flag=True,
    help="Watch the model solve FILE, the run of a trace, or, without FILE, a demonstration.",
)
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUTPUT",
    help="Write what --watch would show: .svg (all frames as one picture) or .cast (asciicast).",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Keep games, statistics and settings there instead of in the user's folders.",
)
@click.option("--serve", is_flag=True, help="Play in a browser (extra web), see --host and --port.")
@click.option("--host", metavar="NAME", help="With --serve: the address to listen on.  [127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="With --serve.  [8000]")
@click.option("--pages", type=click.IntRange(1), help="With --serve: most pages at once.  [16]")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="With --serve: all that pages may open and write.  [files, beside the saved games]",
)
@click.version_option(__version__, message="vmd-play %(version)s")
def command(
    file: str | None,
    number: int | None,
    resume: bool,
    daily: bool,
    watch: bool,
    export: Path | None,
    data_dir: Path | None,
    serve: bool,
    host: str | None,
    port: int | None,
    pages: int | None,
    folder: Path | None,
) -> int:
    """Play constraint puzzles in the terminal.

    FILE holds puzzles in any form that vmd-solve reads; puzzles/... may be an included one. Without
    it there is a list to choose from: unfinished games, the puzzle of the day, new puzzles,
    included ones.
    """
    in_browser = "TEXTUAL_DRIVER" in os.environ
    if not serve and (host or port or pages or (folder and not in_browser)):
        raise click.UsageError("--host, --port, --pages and --folder go with --serve")
    if daily and (file is not None or resume or watch or export):
        raise click.UsageError("--daily goes without FILE, --resume, --watch and --export")
    watch = watch or export is not None
    if export is not None and file is None:
        raise click.UsageError("--export needs a FILE: puzzles, or a trace by vmd-solve --trace")
    entries, replays = _opened(file, watch) if file is not None or watch else ([], [])
    if number is not None:
        if number > len(entries):
            raise click.UsageError(f"no puzzle {number}: the file has {len(entries)}")
        entries, replays = entries[number - 1 : number], replays[number - 1 : number]
    if entries and all(entry.puzzle is None for entry in entries):
        raise click.ClickException(str(entries[0].error))
    if export is not None:
        _export(export, entries, replays)
        return 0
    from vmd_solver.play.storage import folders_at, usual_folders

    folders = folders_at(data_dir) if data_dir else usual_folders()
    if serve:
        folder = folder or folders.games.with_name("files")
        folder.mkdir(parents=True, exist_ok=True)
        options = [("--number", number), ("--data-dir", data_dir), ("--folder", folder)]
        again = [str(part) for option in options if option[1] is not None for part in option]
        again += ["--resume"] * resume + ["--daily"] * daily + ["--watch"] * watch
        again += ["--", *filter(None, [file])]
        _serve(again, host or "127.0.0.1", port or 8000, pages or 16)
        return 0
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not in_browser and not all(stream is not None and stream.isatty() for stream in streams):
        raise click.UsageError("a terminal is needed, for standard input, output and error")
    from vmd_solver.denoiser.onnx import runtime
    from vmd_solver.tui.app import PlayApp

    with suppress(RuntimeUnavailable):
        runtime()  # what it writes as it loads must not reach the screen
    app = PlayApp(folders, entries, resume, replays if watch else None, root=folder, daily=daily)
    app.run()
    for path, why in app.unsaved.items():
        narrate(f"vmd-play: {path}: could not be saved: {why}")
    return app.return_code or (ExitCode.USAGE if app.unsaved else 0)


def _opened(file: str | None, watch: bool) -> tuple[list[Entry], list[Replay | None]]:
    """The puzzles of a file, and their replays where it is a trace to be watched; without a file
    those of the demonstrations."""
    from vmd_solver.formats import Entry
    from vmd_solver.play import opening
    from vmd_solver.play.demonstrations import DEMONSTRATIONS
    from vmd_solver.play.replay import is_trace, read_trace

    if file is None:
        entries = [Entry(one.puzzle, "", "", at) for at, one in enumerate(DEMONSTRATIONS, 1)]
        return entries, [None] * len(entries)
    if watch and is_trace(Path(file)):
        traced = read_trace(Path(file))
        return [Entry(one.puzzle, "", file, at) for at, one in enumerate(traced, 1)], [*traced]
    entries = opening.entries(file)
    return entries, [None] * len(entries)


def _export(path: Path, entries: list[Entry], replays: list[Replay | None]) -> None:
    """Write the replay of the first puzzle; where there is none, the watch screen's first run."""
    from vmd_solver.denoiser import load
    from vmd_solver.play.player import FIRST, record
    from vmd_solver.play.replay import Replay
    from vmd_solver.tui.export import export, require_ending

    require_ending(path)
    pairs = zip(entries, replays, strict=True)
    puzzle, replay = next((one.puzzle, known) for one, known in pairs if one.puzzle is not None)
    if replay is None:
        replay = Replay(puzzle)
        record(puzzle, FIRST, load(None, "cpu", 1), replay.add)
    export(path, [replay])


def _serve(arguments: list[str], host: str, port: int, pages: int) -> None:
    """Serve what this command does with these arguments, until interrupted."""
    try:
        from vmd_solver.tui.serve import PlayServer
    except ModuleNotFoundError as error:
        missing = f"({error.name} is missing)"
        raise click.UsageError(
            f"--serve needs the extra web {missing}: pip install 'vmd-solver[web]'"
        ) from None
    try:
        PlayServer(arguments, host, port, pages).serve()
    except OSError as error:
        error.filename = f"--host {host} --port {port}"
        raise


def main() -> None:
    launch(command, "games and traces need none")


if __name__ == "__main__":
    main()
