// A plane through the space of z: two random directions, at right angles, around a drawn z.

import { conflicts, likeliest, softmax } from "./sampler.js";

const CALLS = 3; // fewer leave more of the plane to grids that break a rule

const dot = (a, b) => a.reduce((total, number, at) => total + number * b[at], 0);

/** The part of `a` that is at right angles to each of `others`, of their length. */
function orthogonal(a, others) {
  for (const other of others) {
    const share = dot(a, other) / dot(other, other);
    a = a.map((number, at) => number - share * other[at]);
  }
  const scale = Math.sqrt(dot(others[0], others[0]) / dot(a, a));
  return a.map((number) => number * scale);
}

export class Plane {
  /** Of the latents of a puzzle { board, givens } whose model has z on each candidate. */
  constructor(model, { board, givens }, random) {
    Object.assign(this, { model, board, givens });
    const drawn = () => random.normal(board.n * board.D * model.k);
    const centre = drawn();
    const across = orthogonal(drawn(), [centre]);
    this.axes = [centre, across, orthogonal(drawn(), [centre, across])];
  }

  /** { grid, broken, p } for each point [a, b]: what the calls make of z there, nothing unmasked
   * between them. The noise keeps its length, as far out would be no latent that the model knows. */
  async grids(points) {
    const { model, board, givens, axes } = this;
    const rows = points.map(() => givens);
    const noise = points.map(([a, b]) => {
      const length = Math.hypot(1, a, b);
      return axes[0].map((number, at) => (number + a * axes[1][at] + b * axes[2][at]) / length);
    });
    const z = await model.draw(board, rows, noise);
    let found = { h: rows.map(() => new Float32Array(board.n * board.D * model.d)) };
    for (let call = 0; call < CALLS; call += 1) found = await model.call(board, rows, z, found.h);
    return found.logits.map((logits) => {
      const p = softmax(logits, board.D, 0);
      const grid = givens.map((given, cell) => given || likeliest(p[cell]));
      return { grid, broken: conflicts(board, grid), p };
    });
  }
}
