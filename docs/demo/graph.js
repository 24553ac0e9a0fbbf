// Rows of a batch on one board as the candidate graph that the networks read: a port of
// CandidateGraph in vmd_solver/denoiser/graph.py, for boards of units alone.

/** A table as the networks read it: rows of int64, filled up to the longest of them. */
function table(lists, width, filling) {
  const data = new BigInt64Array(lists.length * width).fill(BigInt(filling));
  lists.forEach((list, row) =>
    list.forEach((item, column) => (data[row * width + column] = BigInt(item))),
  );
  return { type: "int64", data, dims: [lists.length, width] };
}

const longest = (lists) => lists.reduce((most, list) => Math.max(most, list.length), 0);

/** The graph of rows x_t (n,), 0 is the mask: `index` (N,), the place of each node among
 * B x n x D, and `inputs` by name, tensors as { type, data, dims }. */
export function candidateGraph(board, rows) {
  const { n, D, units, homes } = board;
  const index = [];
  const ofNode = []; // factors of each node, its cell first
  const nodes = []; // nodes of each factor
  const kinds = [];
  for (const [row, x] of rows.entries()) {
    const taken = units.map((unit) => unit.reduce((bits, cell) => bits | (1 << x[cell]), 0));
    const used = new Map(); // nodes by factor: cells come first, then the values of each unit
    const own = [];
    for (let cell = 0; cell < n; cell += 1) {
      if (x[cell]) continue;
      const closed = homes[cell].reduce((bits, unit) => bits | taken[unit], 0);
      for (let value = 0; value < D; value += 1) {
        if (closed & (2 << value)) continue;
        const names = [cell, ...homes[cell].map((unit) => n + unit * D + value)];
        for (const name of names) {
          if (!used.has(name)) used.set(name, []);
          used.get(name).push(index.length);
        }
        own.push(names);
        index.push((row * n + cell) * D + value);
      }
    }
    const number = new Map(); // factors without nodes are left out
    for (const name of [...used.keys()].sort((a, b) => a - b)) {
      const complete = name < n || units[Math.floor((name - n) / D)].length === D;
      number.set(name, nodes.length);
      nodes.push(used.get(name));
      kinds.push(Number(name < n), Number(complete));
    }
    for (const names of own) ofNode.push(names.map((name) => number.get(name)));
  }
  const [N, F] = [index.length, nodes.length];
  const inputs = {
    nodes: table(nodes, longest(nodes), N),
    factors: table(ofNode, 1 + longest(homes), F),
    kinds: { type: "float32", data: Float32Array.from(kinds), dims: [F, 2] },
  };
  return { index, inputs };
}

/** Inputs of a model that reads relations and automata, for N nodes on a board without any. */
export function noRules(N) {
  const none = (...dims) => ({ type: "int64", data: new BigInt64Array(0), dims });
  return {
    supports: none(0, 0),
    heard: none(N, 0),
    arcs: none(0, 4),
    layers: { type: "int64", data: new BigInt64Array(1), dims: [1] },
    readings: none(0, 2),
    ends: { type: "float32", data: new Float32Array(0), dims: [0, 2] },
  };
}
