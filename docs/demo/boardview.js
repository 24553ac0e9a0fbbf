// A board on the page: cells that say what they hold to eyes, to a pointer and to a screen reader.

import { letter } from "./boards.js";

/** An element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const percent = (chance) =>
  chance > 0.995 && chance < 1 ? ">99 %" : `${Math.round(100 * chance)} %`;

const WORDS = {
  given: "given",
  held: "unmasked",
  fresh: "unmasked in this call",
  masked: "proposed",
  back: "masked again",
  empty: "masked",
};

/** What a cell may be in a frame of one attempt: [kind, value, breaks a rule]. */
export function cellsOf({ givens }, before, attempt, filled) {
  return [...givens].map((given, cell) => {
    if (!attempt) return given ? ["given", given, false] : ["empty", 0, false];
    const value = attempt.grid[cell];
    const clash = attempt.broken[cell];
    if (given) return ["given", given, clash];
    if (attempt.remasked.includes(cell)) return ["back", value, true];
    if (before?.x[cell]) return ["held", value, clash];
    if (attempt.committed.includes(cell) || filled) return ["fresh", value, clash];
    return ["masked", value, clash];
  });
}

export class BoardView {
  /** `inspect(view, cell)` is called for the cell under the pointer or with the focus. */
  constructor(puzzle, name, inspect) {
    const { board } = (this.puzzle = puzzle);
    this.name = name;
    this.p = null;
    this.cells = Array.from({ length: board.n }, (_, cell) =>
      element("div", { role: "gridcell", tabIndex: cell ? -1 : 0, className: edges(board, cell) }),
    );
    this.fixed = this.cells.map((cell) => cell.className);
    const row = (at) => this.cells.slice(at * board.D, (at + 1) * board.D);
    const rows = Array.from({ length: board.D }, (_, at) =>
      element("div", { role: "row" }, ...row(at)),
    );
    this.grid = element("div", { role: "grid", className: "board", ariaLabel: name }, ...rows);
    this.grid.style.setProperty("--D", board.D);
    this.caption = element("figcaption");
    this.element = element("figure", { className: "attempt" }, this.grid, this.caption);
    const seen = ({ target }) => {
      const cell = this.cells.indexOf(target);
      if (cell >= 0) inspect(this, cell);
    };
    this.grid.addEventListener("pointerover", seen);
    this.grid.addEventListener("focusin", seen);
    this.grid.addEventListener(
      "pointerdown",
      ({ target }) => this.cells.includes(target) && this.#focus(target),
    );
    this.grid.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Show cells [kind, value, breaks a rule], the probabilities of each, and a caption. */
  show(cells, p, caption) {
    this.p = p;
    this.shown = cells;
    cells.forEach(([kind, value, clash], cell) => {
      const shown = this.cells[cell];
      shown.textContent = letter(value);
      shown.className = `${this.fixed[cell]} ${kind}${clash ? " clash" : ""}`;
      shown.ariaLabel = this.describe(cell);
    });
    this.caption.replaceChildren(...[caption].flat());
  }

  /** A cell in words, with or without its likeliest values. */
  describe(cell, chancesToo = true) {
    const { D } = this.puzzle.board;
    const [kind, value, clash] = this.shown[cell];
    const place = `row ${Math.floor(cell / D) + 1}, column ${(cell % D) + 1}`;
    const asked = chancesToo && kind !== "given" ? this.likeliest(cell) : [];
    const chances = asked
      .map(([likely, chance]) => `${letter(likely)} ${percent(chance)}`)
      .join(", ");
    const words = [letter(value), WORDS[kind], clash && "breaks a rule", chances];
    return `${place}: ${words.filter(Boolean).join(", ")}`;
  }

  /** The likeliest values of a cell: at most three [value, probability], none below 1 %. */
  likeliest(cell) {
    if (!this.p) return [];
    const chances = [...this.p[cell]].map((chance, place) => [place + 1, chance]);
    return chances
      .sort((a, b) => b[1] - a[1])
      .slice(0, 3)
      .filter(([, chance]) => chance >= 0.01);
  }

  #focus(cell) {
    for (const other of this.cells) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  }

  #key(event) {
    const { D, n } = this.puzzle.board;
    const cell = this.cells.indexOf(document.activeElement);
    const [row, col] = [Math.floor(cell / D), cell % D];
    const to = {
      ArrowLeft: cell - (col > 0),
      ArrowRight: cell + (col < D - 1),
      ArrowUp: cell - D * (row > 0),
      ArrowDown: cell + D * (row < D - 1),
      Home: event.ctrlKey ? 0 : row * D,
      End: event.ctrlKey ? n - 1 : row * D + D - 1,
    }[event.key];
    if (cell < 0 || to === undefined) return;
    event.preventDefault();
    this.#focus(this.cells[to]);
  }
}

/** Classes for the lines around a cell, and for units beside rows, columns and regions. */
function edges({ D, regions, units }, cell) {
  const [row, col] = [Math.floor(cell / D), cell % D];
  const differs = (other) => regions && regions[other] !== regions[cell];
  const extra = units.slice(2 * D + (regions ? D : 0)).some((unit) => unit.includes(cell));
  const names = [
    col < D - 1 && differs(cell + 1) && "right",
    row < D - 1 && differs(cell + D) && "below",
    extra && "extra",
  ];
  return names.filter(Boolean).join(" ");
}
