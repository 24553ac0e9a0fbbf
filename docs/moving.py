"""Makes the pictures that move, docs/pictures/solve.svg and write.svg: `make pictures`. The model
alone solves a puzzle, call by call, with four latents side by side; and that of text writes. They
are SVG files that move by themselves wherever an image is shown.

Every element is there from the beginning, and CSS shows it from one frame of the replay to another.
Where motion is not wanted, and where CSS does not run, the last frame stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vmd_solver import denoiser
from vmd_solver.csp import Puzzle
from vmd_solver.formats import read_path
from vmd_solver.play.replay import Cell, Frame, Replay, State
from vmd_solver.sampling import Settings, Solver
from vmd_solver.text import denoiser as text_denoiser
from vmd_solver.text.sampler import Began, Chosen, Committed, Event, TextSettings, extend

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"

PUZZLE = "hard-100.sdm", 18
"""A file, and which of its puzzles, counted from 0."""

SETTINGS = Settings(mode="neural", policy="threshold", nfe=7, latents=4)
LEAST_CALLS, SEEDS = 5, range(100)
"""The run shown is that of the first seed which solves the puzzle after some calls, and in which
something is masked again."""

SECONDS = {"": 2.0, "Called": 1.1, "Committed": 0.9, "Remasked": 1.4, "Verified": 5.0}
"""How long a frame stands, by its event."""

CELL, GAP, MARGIN, TOP, BELOW = 22, 16, 20, 46, 62
FADE_S = 0.12

PROMPT, TOKENS = "ROMEO:\n", 160
TEXT_SETTINGS = TextSettings(nfe=8, seed=1)
"""What is written: 16 letters at a time, eight calls of the model for these."""

CALL_S, STILL_S, FRESH = 0.16, 4.0, 4
"""Seconds of a call, and of the end; and for how many calls a letter is marked as new."""

COLUMNS, LETTER, LINE = 64, 12, 24

LEGEND = (
    (0, "g", "given"),
    (62, "p3", "proposed: the fainter, the less sure"),
    (312, "n", "committed"),
    (410, "e", "committed before"),
    (548, "r", "masked again"),
    (662, "p3 x", "breaks a rule"),
    (776, "v", "verified"),
)
"""Where in the last line each look of a value is explained."""

STYLE = """
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--ink)}
.d text{font-size:14px;text-anchor:middle}
.t{font-size:15px}.s{font-size:12px}.m{fill:var(--soft)}.c{text-anchor:middle}.a{text-anchor:end}
.d .g{font-weight:700}.d .p1{fill:var(--soft);opacity:.4}.d .p2{fill:var(--soft);opacity:.7}
.d .p3{fill:var(--soft)}.d .n{fill:var(--now);font-weight:700}.d .e{fill:var(--early)}
.d .r{fill:var(--back);text-decoration:line-through}.d .v{fill:var(--now);font-weight:700}
.d .x{fill:var(--bad);opacity:1;text-decoration:underline}
.thin{stroke:var(--line);stroke-width:1;fill:none}.thick{stroke:var(--ink);stroke-width:1.6;fill:none}
.w text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:19px;
text-anchor:middle}.w .g{font-weight:700}.w .p2{fill:var(--soft)}.w .n{fill:var(--now)}
.n0{fill:var(--now-ground)}.r0{fill:var(--back-ground)}.bar{fill:var(--line)}.done{fill:var(--early)}
.win{stroke:var(--now);stroke-width:3.5;fill:none}.won{fill:var(--now)}.veil{fill:var(--paper)}
svg{--paper:#fff;--edge:#d8dde3;--ink:#1c2024;--soft:#6b7480;--line:#c9d0d8;--now:#17702a;
--now-ground:#cdeac0;--early:#1257a0;--back:#9a4300;--back-ground:#fbdfc0;--bad:#c01c1c}
@media (prefers-color-scheme:dark){svg{--paper:#14181d;--edge:#2c333b;--ink:#e8ebee;--soft:#939ca7;
--line:#3a434d;--now:#7bd88f;--now-ground:#1d4a28;--early:#7fb8f5;--back:#ffb267;
--back-ground:#5a3510;--bad:#ff7b72}}
.f{opacity:0}.l{opacity:1}
"""


class Span(NamedTuple):
    """From which frame to before which other one something is shown."""

    start: int
    end: int


def recorded() -> Replay:
    """The run that the picture shows. Raises ValueError where no seed leads to one."""
    name, number = PUZZLE
    puzzle = [*read_path(ROOT / "puzzles" / name)][number].puzzle
    assert puzzle is not None
    model = denoiser.load(None)
    for seed in SEEDS:
        replay = Replay(puzzle, SETTINGS.latents)
        solution = Solver(replace(SETTINGS, seed=seed), model, replay.add).solve(puzzle)
        if solution.verified and solution.remasked and solution.nfe >= LEAST_CALLS:
            return replay
    raise ValueError(f"no seed shows enough on puzzle {number} of {name}: choose another one")


def animated(replay: Replay) -> str:
    """The replay of a 9x9 board as an SVG file that ends with its verified grid. Raises ValueError
    where it has none."""
    frames = [frame for frame in replay.frames if frame.event != "Finished"]
    if frames[-1].event != "Verified":
        raise ValueError("a replay that ends with a verified grid expected")
    side, count = CELL * replay.puzzle.board.cols, len(frames[-1].layers)
    width = 2 * MARGIN + count * side + (count - 1) * GAP
    height = TOP + side + BELOW
    body = "".join(_captions(frames, width))
    spans: set[Span] = set()
    for latent in range(count):
        drawn, seen = _board(replay.puzzle, frames, latent)
        x = MARGIN + latent * (side + GAP)
        body += f'<g transform="translate({x} {TOP})">\n{drawn}</g>\n'
        spans |= seen
    spans |= {Span(at, at + 1) for at in range(len(frames))}
    body += f'<g transform="translate({MARGIN} {height - 14})">{"".join(_legend())}</g>\n'
    calls = frames[-1].nfe
    words = f"Four latents fill in a hard Sudoku in {calls} calls of the model; one is right"
    return _document(width, height, words, body, spans, [SECONDS[one.event] for one in frames])


def _document(
    width: int, height: int, words: str, body: str, spans: set[Span], seconds: Sequence[float]
) -> str:
    """The file: what is drawn, and when it is seen; `seconds` are those of each frame."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img">\n<title>{words}</title>\n'
        f"<style>{STYLE}{_keyframes(spans, seconds)}</style>\n"
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10"'
        f' style="fill:var(--paper);stroke:var(--edge)"/>\n{body}</svg>\n'
    )


def _keyframes(spans: set[Span], seconds: Sequence[float]) -> str:
    """How each span is shown: nothing else moves."""
    times = [*accumulate(seconds, initial=0.0)]
    whole, fade = times[-1], 100 * FADE_S / times[-1]
    rules = ""
    for span in sorted(spans - {Span(0, len(seconds))}):
        name, a, b = _name(span), *(100 * times[at] / whole for at in span)
        before = f"0%,{a - fade:.2f}%{{opacity:0}}" if span.start else ""
        rules += f"@keyframes {name}{{{before}{a:.2f}%,{b - fade:.2f}%{{opacity:1}}"
        rules += ("" if span.end == len(seconds) else f"{b:.2f}%,100%{{opacity:0}}") + "}"
        rules += f".{name}{{animation:{name} {whole:g}s linear infinite}}\n"
    return rules + "@media (prefers-reduced-motion:reduce){.f{animation:none}}\n"


def _name(span: Span) -> str:
    return f"k{span.start}-{span.end}"


def _shown(span: Span, last: int, body: str) -> str:
    """A group that is there during a span; of frames the last one stands without motion, too."""
    if span == (0, last):
        return f"<g>{body}</g>\n"
    return f'<g class="f {_name(span)}{" l" * (span.end == last)}">{body}</g>\n'


def _captions(frames: Sequence[Frame], width: int) -> Iterator[str]:
    for at, frame in enumerate(frames):
        words = f'<text class="t" x="{MARGIN}" y="29">{_words(frame)}</text>'
        yield _shown(
            Span(at, at + 1), len(frames), words + _call(frame.nfe, width) * (frame.nfe > 0)
        )


def _words(frame: Frame) -> str:
    """What happens in a frame."""
    layers = frame.layers
    if frame.event == "Called":
        return "Each latent proposes a value for all of its masked cells, in one call of the model"
    if frame.event == "Committed":
        return "What is sure enough is committed: many cells at once"
    if frame.event == "Remasked":
        return "Committed values that break a rule are masked again"
    if frame.event == "Verified":
        won = next(at for at, layer in enumerate(layers, 1) if layer.count(State.VERIFIED))
        return f"Latent {won} has a grid that keeps every rule: solved without search, and verified"
    masked = layers[0].count(State.OPEN)
    return (
        f"A hard Sudoku with {masked} masked cells, and four latents: one random z for each board"
    )


def _board(puzzle: Puzzle, frames: Sequence[Frame], latent: int) -> tuple[str, set[Span]]:
    """The board of a latent at the origin in all frames, and the spans in it."""
    board, last = puzzle.board, len(frames)
    side = CELL * board.cols
    texts: dict[Span, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    grounds: dict[Span, dict[str, str]] = defaultdict(lambda: defaultdict(str))
    for at in range(board.n):
        y, x = (CELL * part for part in divmod(at, board.cols))
        looks = [_look(frame.layers[latent].cells[at], at in frame.layers[latent].conflicts)
                 for frame in frames]  # fmt: skip
        for span in _spans(looks):
            look, value = looks[span.start]
            if value:
                place = f'<text x="{x + CELL // 2}" y="{y + 16}"'
                texts[span][look] += f"{place}>{puzzle.alphabet[value - 1]}</text>"
            if look in ("n", "r"):
                grounds[span][f"{look}0"] += f"M{x} {y}h{CELL}v{CELL}h-{CELL}z"
    out = ""
    for span, looks_of in sorted(grounds.items()):
        paths = (f'<path class="{look}" d="{path}"/>' for look, path in looks_of.items())
        out += _shown(span, last, "".join(paths))
    out += _lines(side, board.cols)
    out += '<g class="d">\n'
    for span, looks_of in sorted(texts.items()):
        groups = (body.replace("<text", f'<text class="{look}"') for look, body in looks_of.items())
        out += _shown(span, last, "".join(groups))
    out += "</g>\n"
    below, seen = _below(frames, latent, side)
    won = bool(frames[-1].layers[latent].count(State.VERIFIED))
    final = Span(last - 1, last)
    if won:
        frame = f'<rect class="win" x="-2" y="-2" width="{side + 4}" height="{side + 4}" rx="3"/>'
        out += _shown(final, last, frame)
    else:
        veil = f'<rect class="veil" x="-3" y="-3" width="{side + 6}" height="{side + 6}"/>'
        out += _shown(final, last, f'<g opacity=".65">{veil}</g>')
    return out + below, {*texts, *grounds, *seen, final}


def _look(cell: Cell, broken: bool) -> tuple[str, int]:
    """The class of a cell, and its value."""
    if cell.state is State.PROPOSED:
        sure = 1 + sum((cell.probability or 0) >= bound for bound in (0.5, 0.8))
        return f"p{sure}" + " x" * broken, cell.value
    names = {State.GIVEN: "g", State.NOW: "n", State.EARLIER: "e", State.REMASKED: "r"}
    return names.get(cell.state, "v"), cell.value


def _spans(looks: Sequence[object]) -> Iterator[Span]:
    """Runs of frames in which something looks the same."""
    start = 0
    for at in range(1, len(looks) + 1):
        if at == len(looks) or looks[at] != looks[start]:
            yield Span(start, at)
            start = at


def _lines(side: int, cols: int) -> str:
    """Of the grid: thin ones, and thick ones around boxes of three."""
    thin = thick = ""
    for at in range(cols + 1):
        line = f"M{CELL * at} 0v{side}M0 {CELL * at}h{side}"
        if at % 3:
            thin += line
        else:
            thick += line
    return f'<path class="thin" d="{thin}"/><path class="thick" d="{thick}"/>\n'


def _below(frames: Sequence[Frame], latent: int, side: int) -> tuple[str, set[Span]]:
    """What stands under a board: its name, and how much of it is committed."""
    y, last = side + 20, len(frames)
    settled = (State.NOW, State.EARLIER, State.VERIFIED)
    done = [frame.layers[latent].count(*settled) for frame in frames]
    whole = sum(cell.state is not State.GIVEN for cell in frames[0].layers[latent].cells)
    out = f'<text class="s" x="0" y="{y}">latent {latent + 1}</text>\n'
    out += f'<rect class="bar" x="60" y="{y - 7}" width="{side - 112}" height="5" rx="2.5"/>\n'
    spans = {*_spans(done)}
    for span in sorted(spans):
        length = (side - 112) * done[span.start] / whole
        bar = f'<rect class="done" x="60" y="{y - 7}" width="{length:.1f}" height="5" rx="2.5"/>'
        number = f'<text class="s m a" x="{side}" y="{y}">{done[span.start]}/{whole}</text>'
        won = frames[span.start].layers[latent].count(State.VERIFIED)
        right = f'<text class="s a won" x="{side}" y="{y}">\u2713 valid</text>'
        out += _shown(span, last, bar + (right if won else number))
    return out, spans


def _legend() -> Iterator[str]:
    for x, look, words in LEGEND:
        if look in ("n", "r"):
            yield f'<path class="{look}0" d="M{x} -13h16v17h-16z"/>'
        yield f'<g class="d"><text class="{look}" x="{x + 8}">5</text></g>'
        yield f'<text class="s m" x="{x + 21}">{words}</text>'


# --- text ---


def written() -> list[str]:
    """The text after each call, one character a token; a dot stands for a masked one."""
    model = text_denoiser.load(None)
    frames: list[str] = []
    x = np.zeros(0, dtype=np.int64)

    def observe(event: Event) -> None:
        nonlocal x
        if isinstance(event, Began):
            x = event.x_t.copy()
        elif isinstance(event, Committed):
            x[list(event.places)] = event.tokens
        if not isinstance(event, Chosen):
            frames.append(
                "".join(model.alphabet.decode(x[at : at + 1], "·") for at in range(len(x)))
            )

    extend(model, model.alphabet.encode(PROMPT), TOKENS, TEXT_SETTINGS, observe)
    return frames


def typed(frames: Sequence[str]) -> str:
    """Texts of one length, each with fewer dots than the one before, as an SVG file."""
    last, places = len(frames), _places(frames[-1])
    width = 2 * MARGIN + LETTER * COLUMNS
    height = TOP + LINE * (max(row for _, row in places) + 1) + MARGIN
    looks: dict[Span, str] = defaultdict(str)
    for at, (column, row) in enumerate(places):
        letters = [frame[at] for frame in frames]
        since = next(number for number, letter in enumerate(letters) if letter == letters[-1])
        parts = [("p2", "·", 0, since), ("n", letters[-1], since, min(since + FRESH, last))]
        parts.append(
            ("e" if since else "g", letters[-1], min(since + FRESH, last) * (since > 0), last)
        )
        for look, letter, start, end in parts if since else parts[2:]:
            if start < end and not letter.isspace():
                x, y = MARGIN + LETTER * column + LETTER // 2, TOP + LINE * row + 18
                place = f'<text class="{look}" x="{x}" y="{y}">{escape(letter)}</text>'
                looks[Span(start, end)] += place
    body = (
        f'<g class="w">{"".join(_shown(span, last, looks[span]) for span in sorted(looks))}</g>\n'
    )
    words = (
        "A small model of Shakespeare's plays writes: 16 letters in eight calls, then the next 16"
    )
    spans = {*looks}
    for at in range(last):
        body += _shown(Span(at, at + 1), last, _call(at, width))
        spans.add(Span(at, at + 1))
    body += f'<text class="t" x="{MARGIN}" y="29">{words}</text>\n'
    return _document(width, height, words, body, spans, [*[CALL_S] * (last - 1), STILL_S])


def _call(number: int, width: int) -> str:
    return f'<text class="s m a" x="{width - MARGIN}" y="29">call {number}</text>'


def _places(text: str) -> list[tuple[int, int]]:
    """The column and row of each character: lines break where they do, and after COLUMNS."""
    column = row = 0
    places = []
    for letter in text:
        if column == COLUMNS:
            column, row = 0, row + 1
        places.append((column, row))
        column += 1
        if letter == "\n":
            column, row = 0, row + 1
    return places


def main(folder: Path = FOLDER) -> None:
    """Record the runs and write the pictures."""
    for name, text in (("solve", animated(recorded())), ("write", typed(written()))):
        (folder / f"{name}.svg").write_text(text, encoding="utf-8")
        print(f"{name}.svg: {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main()
