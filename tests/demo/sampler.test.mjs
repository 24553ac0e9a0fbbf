// The port of the sampler against the traces of the Python one, and its parts: `node --test`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { inflateSync } from "node:zlib";

import { parse } from "../../docs/demo/boards.js";
import { candidateGraph } from "../../docs/demo/graph.js";
import { Model } from "../../docs/demo/model.js";
import { seeded } from "../../docs/demo/random.js";
import { sample } from "../../docs/demo/sampler.js";
import { problems } from "../../docs/demo/verify.js";
import * as ort from "../../docs/demo/vendor/runtime/ort.wasm.bundle.min.mjs";

const vendor = new URL("../../docs/demo/vendor/", import.meta.url);
const read = (path) => readFile(new URL(`models/${path}`, vendor));
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = await readFile(new URL("runtime/ort-wasm-simd-threaded.wasm", vendor));

const traces = JSON.parse(await readFile(new URL("traces.json", import.meta.url)));
const models = {};
for (const name of ["grids", "grids-none"]) models[name] = await Model.open(ort, read, name);

/** The random numbers of a trace, in their order. */
function replayed(packed) {
  const bytes = inflateSync(Buffer.from(packed, "base64"));
  let at = 0;
  const next = (count) => bytes.subarray(at, (at += count));
  return {
    normal: (count) => Float32Array.from(new Int8Array(next(count)), (part) => part / 32),
    uniform: (count) => Float64Array.from(next(count), (part) => part / 256),
    left: () => bytes.length - at,
  };
}

for (const { puzzle, model, settings, random, z, calls, status } of traces) {
  test(`${model}, ${settings.policy}, ${settings.latents} latents, ${puzzle.length} characters`, async () => {
    const asked = parse(puzzle);
    const numbers = replayed(random);
    const frames = [];
    for await (const frame of sample(models[model], asked, settings, numbers)) frames.push(frame);
    assert.equal(numbers.left(), 0);
    assert.equal(frames.length, calls.length);
    frames[0].attempts.forEach((attempt, row) =>
      z[row].forEach((number, at) => assert.ok(Math.abs(attempt.z[at] - number) < 2e-3, `z[${row}][${at}] ${attempt.z[at]} ${number}`)),
    );
    frames.forEach(({ attempts }, call) =>
      attempts.forEach((attempt, row) => {
        const due = calls[call][row];
        const letters = [...attempt.grid].map((value) => "0123456789ABCDEFG"[value]).join("");
        assert.equal(letters, due.grid, `call ${call + 1}, latent ${row + 1}`);
        assert.deepEqual(attempt.committed, due.committed);
        assert.deepEqual(attempt.remasked, due.remasked);
        due.p.forEach((chance, cell) => {
          const own = attempt.p[cell][attempt.grid[cell] - 1];
          assert.ok(Math.abs(1000 * own - chance) < 25, `cell ${cell}: ${own}, expected ${chance}`);
        });
      }),
    );
    const grids = frames.at(-1).attempts.map(({ grid }) => grid);
    const right = grids.some((grid) => !problems(asked, [...grid]).length);
    if (settings.select !== "margin") assert.equal(right, status === "solved");
  });
}
