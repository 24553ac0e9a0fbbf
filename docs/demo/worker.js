// Everything that computes, in a thread of its own. The page sends { id, task, given } and gets
// { id, result } or { id, error }; tasks run one after another.

import { Model } from "./model.js";
import { Plane } from "./plane.js";
import { seeded } from "./random.js";
import { sample } from "./sampler.js";

const vendor = new URL("vendor/", import.meta.url);
const models = {};
const runs = {};
let plane = null;

async function read(path) {
  const answer = await fetch(new URL(path, vendor));
  if (!answer.ok) throw new Error(`${path} is missing`);
  return new Uint8Array(await answer.arrayBuffer());
}

const tasks = {
  async open() {
    const ort = await import("./vendor/runtime/ort.wasm.bundle.min.mjs");
    ort.env.wasm.numThreads = 1; // threads need headers that a static host may not send
    ort.env.wasm.wasmPaths = { wasm: new URL("runtime/ort-wasm-simd-threaded.wasm", vendor).href };
    for (const name of ["grids", "grids-none"]) {
      models[name] = await Model.open(ort, (path) => read(`models/${path}`), name);
    }
  },
  begin({ model, puzzle, settings, seed }) {
    runs[model] = sample(models[model], puzzle, settings, seeded(seed));
  },
  /** The next frame of a run, without what only the sampler needs; nothing after the last one. */
  async next({ model }) {
    const { value: frame } = await runs[model].next();
    return frame && { ...frame, attempts: frame.attempts.map(({ h, z, ...seen }) => seen) };
  },
  plane({ puzzle, seed }) {
    plane = new Plane(models.grids, puzzle, seeded(seed));
  },
  grids: ({ points }) => plane.grids(points),
};

let before = Promise.resolve();
self.onmessage = ({ data: { id, task, given } }) => {
  before = before.then(async () => {
    try {
      self.postMessage({ id, result: await tasks[task](given) });
    } catch (error) {
      self.postMessage({ id, error: error.message });
    }
  });
};
