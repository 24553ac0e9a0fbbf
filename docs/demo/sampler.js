// Neural mode in the browser: a port of vmd_solver/sampling/neural.py with what it needs of
// policy.py and job.py. Givens are clamped, no candidate is eliminated, nothing is searched.
//
// Ported: policies top, margin, threshold and last; z kept or drawn again; remasking by rules or
// none; both kinds of selection; temperature; the learned prior. Not ported: policies entropy and
// random, z refined by the encoder, remasking by doubt, the normal prior, rules beside units.
// tests/demo holds this port to the Python one: traces with the same noise make the same commits.

const float = Math.fround; // NumPy computes with float32, and ties are broken by its rounding

const DEFAULTS = {
  policy: "top",
  threshold: 0.95,
  nfe: 10,
  latents: 4,
  z: "keep",
  temperature: 0,
  remask: "rules",
  select: "margin",
};

/** The sum as NumPy has it: pairwise, in float32. */
function sum(numbers) {
  const plain = (list, first) => list.reduce((total, number) => float(total + number), first);
  const whole = numbers.length - (numbers.length % 8);
  if (!whole) return plain(numbers, 0);
  const lanes = Array.from(numbers.slice(0, 8));
  for (let at = 8; at < whole; at += 1) lanes[at % 8] = float(lanes[at % 8] + numbers[at]);
  const pairs = [0, 2, 4, 6].map((at) => float(lanes[at] + lanes[at + 1]));
  const total = float(float(pairs[0] + pairs[1]) + float(pairs[2] + pairs[3]));
  return plain(numbers.slice(whole), total);
}

/** Probabilities softmax(logits / T) of each cell, an array of D for each; those of T = 1 where T is 0. */
export function softmax(logits, D, temperature) {
  const cells = [];
  for (let at = 0; at < logits.length; at += D) {
    const own = logits.subarray(at, at + D);
    const best = Math.max(...own);
    const shifted = own.map((logit) => Math.exp(float(logit - best) / (temperature || 1)));
    const total = sum(shifted);
    cells.push(shifted.map((number) => number / total));
  }
  return cells;
}

/** The most probable value of a cell. */
export const likeliest = (p) => p.indexOf(Math.max(...p)) + 1;

/** A value drawn from p by a number in [0, 1). */
function drawn(p, number) {
  let total = 0;
  const steps = p.map((chance) => (total = float(total + chance)));
  const place = steps.filter((step) => number * total > step).length;
  return Math.min(place, p.length - 1) + 1;
}

/** By how much `value` leads the best other one. */
function margin(p, value) {
  const others = p.map((chance, place) => (place === value - 1 ? 0 : chance));
  return float(p[value - 1] - Math.max(...others));
}

/** Whether each cell of x (n,) shares its value with another one of a unit. */
export function conflicts(board, x) {
  const broken = Array(board.n).fill(false);
  for (const unit of board.units) {
    for (const cell of unit) {
      if (x[cell] && unit.some((other) => other !== cell && x[other] === x[cell])) {
        broken[cell] = true;
      }
    }
  }
  return broken;
}

/** The masked cells to commit now, from the most confident on: all after the last call. */
function choose({ policy, threshold }, { p, x }, callsLeft) {
  const masked = [...x.keys()].filter((cell) => !x[cell]);
  if (callsLeft <= 0 || !masked.length) return masked;
  if (policy === "last") return [];
  const score = (cell) =>
    policy === "margin" ? margin(p[cell], likeliest(p[cell])) : Math.max(...p[cell]);
  const scores = new Map(masked.map((cell) => [cell, score(cell)]));
  if (policy === "threshold") {
    const sure = masked.filter((cell) => scores.get(cell) >= threshold);
    const best = Math.max(...scores.values());
    return sure.length ? sure : masked.filter((cell) => scores.get(cell) === best);
  }
  const count = Math.ceil(masked.length / (callsLeft + 1));
  return masked.sort((a, b) => scores.get(b) - scores.get(a)).slice(0, count);
}

/** A frame for each call of the model on a puzzle { board, givens }.
 *
 * `random` has normal(count) and uniform(count). A frame is { nfe, last, attempts }; an attempt
 * { z, p, grid, broken, committed, remasked, x }: the latent, probabilities, the full grid that the
 * call proposes and its conflicts, the cells unmasked and masked again after it, and x_t then. */
export async function* sample(model, { board, givens }, given, random) {
  const settings = { ...DEFAULTS, ...given };
  const { n, D } = board;
  // Without latent and chance the attempts would not differ.
  const K = model.k || settings.temperature > 0 ? settings.latents : 1;
  let attempts = Array.from({ length: K }, () => ({
    x: Int32Array.from(givens),
    z: null,
    h: new Float32Array(n * D * model.d),
  }));
  for (let nfe = 1; ; nfe += 1) {
    const rows = attempts.map(({ x }) => x);
    if (nfe === 1 || settings.z === "redraw") {
      const noise = attempts.map(() => random.normal(n * D * model.k));
      const z = await model.draw(board, rows, noise);
      attempts = attempts.map((attempt, row) => ({ ...attempt, z: z[row] }));
    }
    const z = attempts.map((attempt) => attempt.z);
    const found = await model.call(
      board,
      rows,
      z,
      attempts.map(({ h }) => h),
    );
    attempts = attempts.map((attempt, row) => {
      const p = softmax(found.logits[row], D, settings.temperature);
      const chance = settings.temperature > 0 ? random.uniform(n) : null;
      const grid = attempt.x.map(
        (value, cell) => value || (chance ? drawn(p[cell], chance[cell]) : likeliest(p[cell])),
      );
      return {
        ...attempt,
        h: found.h[row],
        p,
        grid,
        broken: conflicts(board, grid),
        committed: [],
        remasked: [],
      };
    });
    let last = settings.select === "valid" && attempts.some(({ broken }) => !broken.includes(true));
    if (!last && nfe < settings.nfe) {
      for (const attempt of attempts) unmask(settings, board, givens, attempt, settings.nfe - nfe);
      last = attempts.every(({ x }) => !x.includes(0));
    } else {
      last = true;
    }
    yield { nfe, last, attempts };
    if (last) return;
  }
}

/** Commit what the policy chooses, and mask again what breaks a rule; the givens stay. */
function unmask(settings, board, givens, attempt, callsLeft) {
  const x = Int32Array.from(attempt.x);
  attempt.committed = choose(settings, attempt, callsLeft).sort((a, b) => a - b);
  for (const cell of attempt.committed) x[cell] = attempt.grid[cell];
  if (settings.remask === "rules") {
    const broken = conflicts(board, x);
    attempt.remasked = [...x.keys()].filter((cell) => broken[cell] && !givens[cell]);
    for (const cell of attempt.remasked) x[cell] = 0;
  }
  attempt.x = x;
}
