// "Drag a latent": a plane through the space of z as a map, and the grid at a point of it.

import { BoardView, cellsOf, element } from "./boardview.js";
import { board } from "./boards.js";
import { ask } from "./engine.js";
import { problems } from "./verify.js";

const $ = (id) => document.getElementById(id);
const SIDE = 31; // points of the map in a row
const REACH = 2; // from the middle of the map to its edge, in lengths of z

/** The points of the map, coarse ones first: [column, row, width of the square it fills]. */
function order() {
  const points = [];
  const seen = new Set();
  for (let size = 8; size >= 1; size /= 2) {
    for (let row = 0; row < SIDE; row += size) {
      for (let col = 0; col < SIDE; col += size) {
        if (!seen.has(row * SIDE + col)) points.push([col, row, size]);
        seen.add(row * SIDE + col);
      }
    }
  }
  return points;
}

const along = (at) => REACH * ((2 * at) / (SIDE - 1) - 1);

/** Make the section live; `current()` is the puzzle of the page. Returns what to call where it
 * has changed. */
export function startPlane(current) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const canvas = $("map").getContext("2d");
  let [generation, busy, visible] = [0, false, false];
  let puzzle, view, grids, drawn;

  /** The number of a grid among those met, from 0 on; -1 if it breaks a rule. */
  function number({ grid }) {
    if (problems(puzzle, [...grid]).length) return -1;
    const name = grid.join(" ");
    if (!grids.has(name)) grids.set(name, grids.size);
    return grids.get(name);
  }

  /** The colour of a grid on the map; those of neighbours in number are far apart. */
  function colour(which) {
    if (which < 0) return getComputedStyle(document.documentElement).getPropertyValue("--invalid");
    return `hsl(${(which * 137.508) % 360} 55% ${(dark.matches ? 45 : 62) + 12 * (which % 3)}%)`;
  }

  function paint([col, row, size], which) {
    canvas.fillStyle = colour(which);
    canvas.fillRect(col, row, size, size);
  }

  function repaint() {
    canvas.clearRect(0, 0, SIDE, SIDE);
    for (const [point, which] of drawn) paint(point, which);
  }

  /** A new plane, its map filled in while the section is on the screen. */
  async function begin() {
    const own = (generation += 1);
    const chosen = $("plane-board").value;
    const cells = Number(chosen);
    puzzle =
      chosen === "puzzle"
        ? current()
        : { board: board("sudoku", Math.sqrt(cells)), givens: new Int32Array(cells) };
    view = new BoardView(puzzle, "The grid at the point", () => {});
    $("answer").replaceChildren(view.element);
    view.show(
      [...puzzle.givens].map((given) => [given ? "given" : "empty", given, false]),
      null,
      "",
    );
    grids = new Map();
    drawn = [];
    repaint();
    await ask("plane", { puzzle, seed: Number($("plane-seed").value) });
    await answer();
    const { n, D } = puzzle.board;
    const rows = Math.ceil(3000 / (n * D)); // so few at a time that the point is answered soon
    const points = order();
    while (points.length && own === generation) {
      await idle();
      const some = points.splice(0, rows);
      const found = await ask("grids", {
        points: some.map(([col, row]) => [along(col), -along(row)]),
      });
      if (own !== generation) return;
      some.forEach((point, at) => {
        drawn.push([point, number(found[at])]);
        paint(...drawn.at(-1));
      });
      count();
    }
    if (own === generation) $("drag").dataset.done = own;
  }

  /** Resolves once the section is on the screen and no point waits for its grid. */
  async function idle() {
    while (!visible || busy) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** The grid at the point; the newest point is asked for once the last answer is there. */
  async function answer() {
    if (busy) return void (busy = "again");
    busy = true;
    const own = generation;
    const at = [Number($("across").value), Number($("along").value)];
    $("point").style.left = `${50 + 50 * at[0]}%`;
    $("point").style.top = `${50 - 50 * at[1]}%`;
    const [found] = await ask("grids", { points: [at.map((share) => REACH * share)] });
    const again = busy === "again" || own !== generation;
    busy = false;
    if (own === generation) {
      const which = number(found);
      const cells = cellsOf(puzzle, null, { ...found, committed: [], remasked: [] }, true);
      const swatch = element("span", { className: "swatch" });
      swatch.style.background = colour(which);
      const state =
        which < 0 ? "breaks a rule" : element("b", { textContent: `valid grid ${which + 1}` });
      const calm = cells.map(([kind, value, clash]) => [
        kind === "fresh" ? "held" : kind,
        value,
        clash,
      ]);
      view.show(calm, found.p, [swatch, " ", state]);
      $("here").textContent = which < 0 ? "The grid breaks a rule." : `Valid grid ${which + 1}.`;
      count();
      $("answer").dataset.at = at;
    }
    if (again) await answer();
  }

  function count() {
    $("met").textContent = `${grids.size} different valid grids met.`;
  }

  function drag(event) {
    const box = $("pad").getBoundingClientRect();
    const share = (at, from, size) => Math.max(-1, Math.min(1, (2 * (at - from)) / size - 1));
    $("across").value = share(event.clientX, box.left, box.width);
    $("along").value = -share(event.clientY, box.top, box.height);
    answer();
  }

  $("pad").addEventListener("pointerdown", (event) => {
    $("pad").setPointerCapture(event.pointerId);
    drag(event);
  });
  $("pad").addEventListener(
    "pointermove",
    (event) => $("pad").hasPointerCapture(event.pointerId) && drag(event),
  );
  for (const id of ["across", "along"]) $(id).addEventListener("input", answer);
  for (const id of ["plane-board", "plane-seed"]) $(id).addEventListener("change", begin);
  $("plane-next").addEventListener("click", () => {
    $("plane-seed").value = Number($("plane-seed").value) + 1;
    begin();
  });
  dark.addEventListener("change", repaint);
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
  }).observe($("plane"));
  begin();
  return () => $("plane-board").value === "puzzle" && begin();
}
