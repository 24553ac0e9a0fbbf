// The page: asks the worker for runs, keeps their frames, and shows one of them at a time.

import { BoardView, cellsOf, element, percent } from "./boardview.js";
import { letter, parse } from "./boards.js";
import { startPlane } from "./drag.js";
import { ask } from "./engine.js";
import { problems, repeats } from "./verify.js";

const $ = (id) => document.getElementById(id);
const FRAME_MS = 700;

const LANES = [
  { model: "grids", title: "With a latent", one: "Latent" },
  { model: "grids-none", title: "Plain masked diffusion", one: "Plain" },
];

let puzzle = null;
let settings = null;
let runs = []; // one a lane: { lane, frames, views, done, ...elements }
let position = 0; // 0 is the puzzle, then the number of the call
let timer = 0;
let generation = 0; // of the run that is shown; an older one stops asking
let inspected = null;
let puzzleChanged = () => {};

/** Settings of a lane from the form. */
function settingsOf({ model }) {
  const policy = $("policy").value;
  const chosen = $("temperature").value;
  const suits = puzzle.givens.some(Boolean) ? 0 : 1;
  return {
    policy,
    z: policy === "last" ? "redraw" : "keep",
    remask: $("remask").value,
    select: $("valid").checked ? "valid" : "margin",
    latents: Number($("latents").value),
    nfe: Number($("nfe").value),
    temperature: model === "grids" ? 0 : Number(chosen === "auto" ? suits : chosen),
  };
}

/** The puzzle that is typed. Throws an Error with one line for people. */
function typed() {
  const found = parse($("text").value, $("diagonals").checked);
  const [mistake] = repeats(found.board, found.givens);
  if (mistake) throw new Error(`The givens break a rule. ${mistake}`);
  return found;
}

/** Begin a run with what the form says. */
async function solve() {
  if (!$("ask").reportValidity()) return;
  const own = (generation += 1);
  pause();
  $("wrong").textContent = "";
  try {
    puzzle = typed();
  } catch (error) {
    $("wrong").textContent = error.message;
    $("typed").open = true;
    $("text").focus();
    return;
  }
  puzzleChanged();
  inspected = null;
  $("watch").dataset.state = "running";
  const seed = Number($("seed").value);
  runs = LANES.map((lane) => ({
    lane,
    frames: [],
    views: [],
    done: false,
    settings: settingsOf(lane),
  }));
  settings = runs[0].settings;
  $("lanes").replaceChildren(...runs.map(layOut));
  $("scrub").max = settings.nfe;
  position = 0;
  show();
  for (const { lane, settings } of runs)
    await ask("begin", { model: lane.model, puzzle, settings, seed });
  if (own !== generation) return;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play();
  while (own === generation && runs.some(({ done }) => !done)) {
    for (const run of runs.filter(({ done }) => !done)) {
      const frame = await ask("next", { model: run.lane.model });
      if (own !== generation) return;
      run.done = frame.last;
      run.frames.push({
        ...frame,
        wrong: frame.attempts.map(({ grid }) => problems(puzzle, [...grid])),
      });
    }
    $("scrub").max = last();
    show();
  }
  if (own === generation) $("watch").dataset.state = "done";
}

/** A run, whose failure is told. */
const run = () => solve().catch((error) => ($("wrong").textContent = error.message));

/** The elements of a lane. */
function layOut(run) {
  const { title, one } = run.lane;
  const several = run.lane.model === "grids" || run.settings.temperature > 0;
  const count = several ? run.settings.latents : 1;
  run.views = Array.from(
    { length: count },
    (_, at) => new BoardView(puzzle, `${one} ${at + 1}`, inspect),
  );
  run.counted = element("p");
  run.verdict = element("p");
  const boards = element(
    "div",
    { className: "attempts" },
    ...run.views.map((view) => view.element),
  );
  const { D } = puzzle.board;
  boards.style.setProperty(
    "--least",
    D > 9 ? "17rem" : D > 4 && run.settings.latents < 5 ? "13.5rem" : "9.5rem",
  );
  boards.style.setProperty("--narrow", D > 9 ? "18rem" : D > 4 ? "9rem" : "6rem");
  const head = element(
    "div",
    { className: "lane-head" },
    element("h2", { textContent: title }),
    run.counted,
    run.verdict,
  );
  return element("section", { ariaLabel: title }, head, boards);
}

const last = () => Math.max(...runs.map(({ frames }) => frames.length));

/** Show the frames at the position. */
function show() {
  for (const run of runs) {
    const at = Math.min(position, run.frames.length);
    const [frame, before] = [run.frames[at - 1], run.frames[at - 2]];
    const first = run.frames
      .slice(0, at)
      .findIndex(({ wrong }) => wrong.some((found) => !found.length));
    run.counted.textContent = `NFE ${at}`;
    run.verdict.className = first >= 0 ? "good" : "";
    run.verdict.textContent = verdict(run, at, first);
    run.views.forEach((view, row) => {
      const attempt = frame?.attempts[row];
      const right = frame && !frame.wrong[row].length;
      const filled = frame?.last && (right || frame.nfe === run.settings.nfe);
      const cells = cellsOf(puzzle, before?.attempts[row], attempt, filled);
      view.show(cells, attempt?.p, caption(run, row, cells, right));
    });
  }
  $("scrub").value = position;
  $("scrub").ariaValueText = $("call").textContent = position
    ? `Call ${position} of ${settings.nfe}`
    : "Before call 1";
  $("first").disabled = $("back").disabled = position === 0;
  $("step").disabled = position >= last();
  $("play").textContent = timer ? "Pause" : "Play";
  describe();
  if (!timer) $("status").textContent = spoken();
}

/** Whether a lane has an answer, in a line: the first valid grid, and how many there are now. */
function verdict({ frames, lane, views }, at, first) {
  if (first >= 0) {
    const row = frames[first].wrong.findIndex((found) => !found.length);
    const now = frames[at - 1].wrong.filter((found) => !found.length).length;
    const count = views.length > 1 ? `, now ${now} of ${views.length}` : "";
    return `✓ Verified: a valid grid at call ${first + 1} (${lane.one} ${row + 1})${count}`;
  }
  if (at && frames[at - 1].last) return `✗ Not verified: no valid grid within ${at} calls`;
  return at ? "Not verified: every proposed grid breaks a rule" : "No call yet";
}

function caption({ lane }, row, cells, right) {
  const open = cells.filter(([kind]) => kind !== "given");
  const placed = open.filter(([kind]) => kind === "held" || kind === "fresh").length;
  const clashes = cells.filter(([, , clash]) => clash).length;
  const state = right
    ? element("b", { textContent: "valid grid" })
    : clashes
      ? `${clashes} cells clash`
      : "";
  return [`${lane.one} ${row + 1}: ${placed} of ${open.length}`, ...(state ? [" · ", state] : [])];
}

/** The frame for a screen reader. */
function spoken() {
  const lines = runs.map(({ lane, verdict }) => `${lane.title}: ${verdict.textContent}.`);
  return `${$("call").textContent}. ${lines.join(" ")}`;
}

/** Keep what the pointer or the focus is at, and mark the same cell of the other boards. */
function inspect(view, cell) {
  inspected = { view, cell };
  describe();
}

function describe() {
  for (const marked of document.querySelectorAll("#lanes .peer")) marked.classList.remove("peer");
  if (!inspected) return;
  const { view, cell } = inspected;
  for (const other of runs.flatMap(({ views }) => views)) other.cells[cell].classList.add("peer");
  const { D } = puzzle.board;
  const line = element("p", { textContent: `${view.name}, ${view.describe(cell, false)}` });
  const chances = view.p ? [...view.p[cell]] : [];
  const bars = chances.map((chance, place) => {
    const bar = element("i");
    bar.style.height = `${100 * chance}%`;
    const label = element("small", { textContent: percent(chance) });
    return element(
      "li",
      {},
      bar,
      element("b", { textContent: letter(place + 1) }),
      D > 9 ? "" : label,
    );
  });
  $("inspector").replaceChildren(
    line,
    element("ul", { className: "bars", ariaLabel: "Probabilities" }, ...bars),
  );
}

function move(to) {
  position = Math.max(0, Math.min(to, last()));
  show();
}

function play() {
  clearInterval(timer);
  if (position >= last() && runs.every(({ done }) => done)) position = 0;
  timer = setInterval(() => {
    if (position < last()) move(position + 1);
    if (position >= last() && runs.every(({ done }) => done)) pause();
  }, FRAME_MS);
  show();
}

function pause() {
  clearInterval(timer);
  timer = 0;
  if (puzzle) show();
}

/** Step by hand: a run that plays stops. */
function step(to) {
  clearInterval(timer);
  timer = 0;
  move(to);
}

async function start() {
  try {
    const answer = await fetch("vendor/examples.json");
    if (!answer.ok) throw new Error("no examples");
    const examples = await answer.json();
    await ask("open");
    $("example").append(
      ...examples.map(({ name }, at) => new Option(name, at)),
      new Option("Typed below", "typed"),
    );
    const chosen = () => {
      const example = examples[$("example").value];
      if (!example) return void ($("typed").open = true);
      $("text").value = example.text;
      $("diagonals").checked = false;
      run();
    };
    $("example").addEventListener("change", chosen);
    $("text").addEventListener("input", () => ($("example").value = "typed"));
    $("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      run();
    });
    $("again").addEventListener("click", () => {
      $("seed").value = Number($("seed").value) + 1;
      run();
    });
    $("play").addEventListener("click", () => (timer ? pause() : play()));
    $("first").addEventListener("click", () => step(0));
    $("back").addEventListener("click", () => step(position - 1));
    $("step").addEventListener("click", () => step(position + 1));
    $("scrub").addEventListener("input", () => step(Number($("scrub").value)));
    chosen();
    puzzleChanged = startPlane(() => puzzle);
    document.body.dataset.ready = "";
  } catch (error) {
    $("status").textContent =
      `The runtime and the models are not here (${error.message}). Run "make demo" in the checkout, and reload.`;
  }
}

start();
