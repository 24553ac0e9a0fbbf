// The verifier: whether values answer a puzzle. It shares no code with the sampler.

/** What is wrong with `values` as an answer to the givens, a sentence each; none if it is right. */
export function problems({ board, givens }, values) {
  const found = [];
  const name = (cell) => `row ${Math.floor(cell / board.D) + 1}, column ${(cell % board.D) + 1}`;
  if (values.length !== board.n) return [`Expected ${board.n} values, found ${values.length}.`];
  values.forEach((value, cell) => {
    if (!Number.isInteger(value) || value < 1 || value > board.D) {
      found.push(`No value in ${name(cell)}.`);
    } else if (givens[cell] && givens[cell] !== value) {
      found.push(`The given in ${name(cell)} was changed.`);
    }
  });
  for (const unit of board.units) {
    const seen = new Map();
    for (const cell of unit) {
      const value = values[cell];
      if (value && seen.has(value)) {
        found.push(`The same value in ${name(seen.get(value))} and ${name(cell)}.`);
      }
      seen.set(value, cell);
    }
  }
  return found;
}
