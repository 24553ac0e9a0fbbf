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
      z[row].forEach((number, at) =>
        assert.ok(
          Math.abs(attempt.z[at] - number) < 2e-3,
          `z[${row}][${at}] ${attempt.z[at]} ${number}`,
        ),
      ),
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

test("puzzles are read as people write them", () => {
  const hard = "..93...4...4..5..21.......9...7..2...1...2..88.......1.7....8.52...6..3....9.....";
  const { board, givens } = parse(hard.replaceAll(".", "0"));
  assert.equal(board.family, "sudoku");
  assert.deepEqual([...givens.slice(0, 4)], [0, 0, 9, 3]);
  const grid = hard
    .match(/.{9}/g)
    .map((row) => row.match(/.../g).join(" | "))
    .join("\n---+---+---\n");
  assert.deepEqual(parse(`# a comment\n${grid}\n`), { board, givens });
  assert.equal(parse(hard, true).board.family, "sudoku-x");
  assert.equal(parse(hard, true).board.units.length, board.units.length + 2);
});

for (const [text, words] of [
  [".".repeat(80), "Expected 16, 36, 81, 144 or 256 cells, found 80."],
  [`5${".".repeat(15)}`, 'Expected 1 to 4, or . for an open cell; found "5".'],
  [`x${".".repeat(80)}`, 'found "x"'],
  [`family: killer\ngivens:\n${".".repeat(81)}`, 'found family "killer"'],
  [`family: jigsaw\ngivens:\n${".".repeat(81)}`, "a region for each cell"],
  [
    `family: jigsaw\nregions:\n${"A".repeat(16)}\ngivens:\n${".".repeat(16)}`,
    "A region has 16 cells",
  ],
  ["", "found 0"],
]) {
  test(`refused: ${words}`, () =>
    assert.throws(
      () => parse(text),
      (error) => error.message.includes(words),
    ));
}

test("the verifier refuses every corruption of one cell", () => {
  const asked = parse("1...\n..3.\n....\n...1");
  const right = [1, 3, 2, 4, 4, 2, 3, 1, 2, 1, 4, 3, 3, 4, 1, 2];
  assert.equal(problems(asked, right).length > 0, true); // the given in the corner was changed
  const free = parse(".".repeat(16));
  assert.deepEqual(problems(free, right), []);
  right.forEach((value, cell) => {
    for (const other of [0, 1, 2, 3, 4, 5, NaN].filter((one) => one !== value)) {
      assert.notDeepEqual(problems(free, right.with(cell, other)), []);
    }
  });
  assert.notDeepEqual(problems(free, right.slice(1)), []);
});

test("a full board makes an empty graph, and a seed the same numbers again", () => {
  const { board } = parse("1234341221434321");
  const { index, inputs } = candidateGraph(board, [new Int32Array(16).fill(1)]);
  assert.equal(index.length + inputs.nodes.data.length, 0);
  assert.deepEqual(seeded(7).normal(5), seeded(7).normal(5));
  assert.notDeepEqual(seeded(7).normal(5), seeded(8).normal(5));
  const many = seeded(1).normal(20000);
  const mean = many.reduce((sum, number) => sum + number, 0) / many.length;
  const square = many.reduce((sum, number) => sum + number * number, 0) / many.length;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(square - 1) < 0.05, `${mean} ${square}`);
});
