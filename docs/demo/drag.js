// "Drag a latent": a plane through the space of z as a map, and the grid at a point of it.

import { BoardView, cellsOf, element } from "./boardview.js";
import { board } from "./boards.js";
import { ask } from "./engine.js";
import { problems } from "./verify.js";

const $ = (id) => document.getElementById(id);
const SIDE = 31; // points of the map in a row
const REACH = 1; // of the sliders, in lengths of z

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

const along = (at) => (2 * REACH * at) / (SIDE - 1) - REACH;

/** Make the section live; `current()` is the puzzle of the page. */
export function startPlane(current) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const canvas = $("map").getContext("2d");
  let puzzle, view, grids, drawn, generation = 0, busy = false, visible = false;

  /** The number of a grid among those met, from 0 on; -1 if it breaks a rule. */
  function number({ grid }) {
    if (problems(puzzle, [...grid]).length) return -1;
    const name = grid.join(" ");
    if (!grids.has(name)) grids.set(name, grids.size);
    return grids.get(name);
  }

  function paint([col, row, size], which) {
    const hue = (which * 137.508) % 360; // neighbours in number are far apart in hue
    const light = (dark.matches ? 45 : 62) + 12 * (which % 3);
    const gap = getComputedStyle(document.documentElement).getPropertyValue("--invalid");
    canvas.fillStyle = which < 0 ? gap : `hsl(${hue} 55% ${light}%)`;
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
    puzzle = chosen === "puzzle" ? current() : { board: board("sudoku", Math.sqrt(cells)), givens: new Int32Array(cells) };
    view = new BoardView(puzzle, "The grid at the point", () => {});
    $("answer").replaceChildren(view.element);
    view.show([...puzzle.givens].map((given) => [given ? "given" : "empty", given, false]), null, "");
    grids = new Map();
    drawn = [];
    repaint();
    await ask("plane", { puzzle, seed: Number($("plane-seed").value) });
    await answer();
    const rows = Math.max(1, Math.floor(1500 / puzzle.givens.length));
    const points = order();
    while (points.length && own === generation) {
      await shown();
      const some = points.splice(0, rows);
      const found = await ask("grids", { points: some.map(([col, row]) => [along(col), -along(row)]) });
      if (own !== generation) return;
      some.forEach((point, at) => {
        drawn.push([point, number(found[at])]);
        paint(...drawn.at(-1));
      });
      count();
    }
    if (own === generation) $("drag").dataset.done = own;
  }

  /** Resolves while the section is on the screen. */
  async function shown() {
    while (!visible) await new Promise((resolve) => addEventListener("plane-visible", resolve, { once: true }));
  }

  /** The grid at the point; the newest point is asked for once the last answer is there. */
  async function answer() {
    if (busy) return void (busy = "again");
    busy = true;
    const own = generation;
    const at = [Number($("across").value), Number($("along").value)];
    $("point").style.left = `${50 + (50 * at[0]) / REACH}%`;
    $("point").style.top = `${50 - (50 * at[1]) / REACH}%`;
    const [found] = await ask("grids", { points: [at] });
    const again = busy === "again" || own !== generation;
    busy = false;
    if (own === generation) {
      const which = number(found);
      const cells = cellsOf(puzzle, null, { ...found, committed: [], remasked: [] }, true);
      const state = which < 0 ? "breaks a rule" : element("b", { textContent: `valid grid ${which + 1}` });
      view.show(cells.map(([kind, value, clash]) => [kind === "fresh" ? "held" : kind, value, clash]), found.p, state);
      count(which);
      $("answer").dataset.at = at;
    }
    if (again) await answer();
  }

  let here = -1;
  function count(which = here) {
    here = which;
    const point = which < 0 ? "The grid at the point breaks a rule." : `Valid grid ${which + 1} at the point.`;
    $("met").textContent = `${point} ${grids.size} different valid grids met.`;
  }

  function drag(event) {
    const box = $("pad").getBoundingClientRect();
    const share = (at, from, size) => Math.max(-1, Math.min(1, (2 * (at - from)) / size - 1)) * REACH;
    $("across").value = share(event.clientX, box.left, box.width);
    $("along").value = -share(event.clientY, box.top, box.height);
    answer();
  }

  $("pad").addEventListener("pointerdown", (event) => {
    $("pad").setPointerCapture(event.pointerId);
    drag(event);
  });
  $("pad").addEventListener("pointermove", (event) => $("pad").hasPointerCapture(event.pointerId) && drag(event));
  for (const id of ["across", "along"]) $(id).addEventListener("input", answer);
  for (const id of ["plane-board", "plane-seed"]) $(id).addEventListener("change", begin);
  $("plane-next").addEventListener("click", () => {
    $("plane-seed").value = Number($("plane-seed").value) + 1;
    begin();
  });
  dark.addEventListener("change", repaint);
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    if (visible) dispatchEvent(new Event("plane-visible"));
  }).observe($("plane"));
  begin();
}
