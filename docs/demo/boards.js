// Boards and puzzles as numbers, and the text that people type: no network, no page.
//
// A board is { family, D, n, units, complete, homes, regions }: n = D x D cells in reading order,
// values 1..D, units as lists of cells whose values all differ, and for each cell its units.
// The order of units is that of vmd_solver/csp/families.py: sums over them are in this order.

const LETTERS = "123456789ABCDEFG";
const BOXES = { 4: [2, 2], 6: [2, 3], 9: [3, 3], 12: [3, 4], 16: [4, 4] };
const FAMILIES = ["sudoku", "sudoku-x", "windoku", "jigsaw", "jigsaw-x", "latin"];

/** The letter of a value 1..16, "" for 0. */
export const letter = (value) => (value ? LETTERS[value - 1] : "");

/** A board of a family on D x D cells; `regions` (n numbers) for a jigsaw. */
export function board(family, D, regions = null) {
  const range = [...Array(D).keys()];
  const units = [
    ...range.map((row) => range.map((col) => row * D + col)),
    ...range.map((col) => range.map((row) => row * D + col)),
  ];
  const [height, width] = BOXES[D] ?? [0, 0];
  if (!regions && family !== "latin") {
    if (!height) throw new Error(`Expected a board of 4, 6, 9, 12 or 16 rows, found ${D}.`);
    const across = D / width;
    const boxOf = (row, col) => Math.floor(row / height) * across + Math.floor(col / width);
    regions = range.flatMap((row) => range.map((col) => boxOf(row, col)));
  }
  if (regions) {
    for (const region of new Set(regions)) {
      const unit = [...regions.keys()].filter((cell) => regions[cell] === region);
      if (unit.length !== D) {
        throw new Error(`A region has ${unit.length} cells, expected ${D}.`);
      }
      units.push(unit);
    }
  }
  if (family.endsWith("-x")) {
    units.push(
      range.map((i) => i * (D + 1)),
      range.map((i) => (i + 1) * (D - 1)),
    );
  }
  if (family === "windoku") {
    for (let top = 1; top < D - height; top += height + 1) {
      for (let left = 1; left < D - width; left += width + 1) {
        units.push(range.map((i) => (top + Math.floor(i / width)) * D + left + (i % width)));
      }
    }
  }
  const homes = range.flatMap(() => range.map(() => []));
  units.forEach((unit, number) => unit.forEach((cell) => homes[cell].push(number)));
  return { family, D, n: D * D, units, homes, regions };
}

/** What a cell may hold in text: its value, 0 where it is open. */
function valueOf(character, D) {
  if (".0_*?".includes(character)) return 0;
  const value = LETTERS.indexOf(character.toUpperCase()) + 1;
  if (value < 1 || value > D) {
    const last = letter(Math.min(D, 16));
    throw new Error(`Expected 1 to ${last}, or . for an open cell; found "${character}".`);
  }
  return value;
}

/** { board, givens } of a line, of a grid with or without separators, or of the project's own form
 * with `family:`, `regions:` and `givens:`. Throws an Error with one line for people. */
export function parse(text, diagonals = false) {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  const parts = { givens: "" };
  let part = "givens";
  for (const line of lines) {
    const [, key, rest] = line.match(/^([a-z]+):(.*)$/) ?? [];
    if (key) parts[(part = key)] = rest.trim();
    else if (!/^[-+|=\s]*$/.test(line)) parts[part] += line.replace(/[\s|,;]/g, "");
  }
  const n = parts.givens.length;
  const D = Math.sqrt(n);
  if (!(D in BOXES) && !(parts.family && D >= 4 && D <= 16 && Number.isInteger(D))) {
    throw new Error(`Expected 16, 36, 81, 144 or 256 cells, found ${n}.`);
  }
  let family = (parts.family ?? "sudoku").trim();
  if (!FAMILIES.includes(family)) {
    throw new Error(`Expected one of ${FAMILIES.join(", ")}; found family "${family}".`);
  }
  if (diagonals && ["sudoku", "jigsaw"].includes(family)) family += "-x";
  const regions = parts.regions ? [...parts.regions] : null;
  if (family.startsWith("jigsaw") !== (regions?.length === n)) {
    throw new Error("Expected a region for each cell of a jigsaw, and of no other board.");
  }
  const givens = Int32Array.from(parts.givens, (character) => valueOf(character, D));
  return { board: board(family, D, regions), givens };
}
