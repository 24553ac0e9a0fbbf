// The verifier: whether values answer a puzzle. It shares no code with the sampler.

/** The values that a unit has twice, a sentence each; 0 is an open cell. */
export function repeats(board, values) {
  const found = [];
  for (const unit of board.units) {
    const seen = new Map();
    for (const cell of unit) {
      const value = values[cell];
      if (value && seen.has(value)) {
        found.push(`The same value in ${name(board, seen.get(value))} and ${name(board, cell)}.`);
      }
      seen.set(value, cell);
    }
  }
  return found;
}

/** What is wrong with `values` as an answer to the givens, a sentence each; none if it is right. */
export function problems({ board, givens }, values) {
  if (values.length !== board.n) return [`Expected ${board.n} values, found ${values.length}.`];
  const found = [];
  values.forEach((value, cell) => {
    if (!Number.isInteger(value) || value < 1 || value > board.D) {
      found.push(`No value in ${name(board, cell)}.`);
    } else if (givens[cell] && givens[cell] !== value) {
      found.push(`The given in ${name(board, cell)} was changed.`);
    }
  });
  return [...found, ...repeats(board, values)];
}

const name = ({ D }, cell) => `row ${Math.floor(cell / D) + 1}, column ${(cell % D) + 1}`;
