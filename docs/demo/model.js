// The shipped networks on ONNX Runtime: a port of vmd_solver/denoiser/onnx.py, for models without
// latent and with one z on each candidate. Contract: docs/ARCHITECTURE.md, "The model contract".

import { candidateGraph, noRules } from "./graph.js";

const CLOSED_LOGIT = -1e4;
const LOG_VAR = 3; // log variances stay within this

/** A model folder. `ort` is ONNX Runtime; `read(path)` resolves to the bytes of one of its files. */
export class Model {
  static async open(ort, read, folder) {
    const { vmd } = JSON.parse(new TextDecoder().decode(await read(`${folder}/config.json`)));
    if (vmd.contract !== 4 || vmd.latent === "global") {
      throw new Error(`The page reads models of contract 4, ${folder} has ${vmd.contract}.`);
    }
    const names = vmd.latent === "none" ? ["denoiser"] : ["denoiser", "prior"];
    const sessions = {};
    for (const name of names) {
      sessions[name] = await ort.InferenceSession.create(await read(`${folder}/${name}.onnx`));
    }
    return new Model(ort, vmd, sessions);
  }

  constructor(ort, { k, d, loops, links, latent }, sessions) {
    Object.assign(this, {
      ort,
      sessions,
      d,
      loops,
      ruled: links > 0,
      k: latent === "none" ? 0 : k,
    });
  }

  /** z (n, D, k) of p(z | x_t) for each row x_t (n,), where `noise` is standard normal (n, D, k);
   * the noise itself where a candidate is closed. */
  async draw(board, rows, noise) {
    const z = noise.map((numbers) => Float32Array.from(numbers));
    if (!this.k) return z;
    const graph = candidateGraph(board, rows);
    const { mean, log_var } = await this.#run("prior", graph, {}, ["mean", "log_var"]);
    this.#places(board, graph, this.k, (row, place, node) => {
      const sigma = Math.exp(0.5 * LOG_VAR * Math.tanh(log_var[node] / LOG_VAR));
      z[row][place] = mean[node] + sigma * noise[row][place];
    });
    return z;
  }

  /** Logits (n, D) in nats of each row, and the next hidden state (n, D, d), from z and h. */
  async call(board, rows, z, h) {
    const graph = candidateGraph(board, rows);
    const gathered = (values, width) => {
      const data = new Float32Array(graph.index.length * width);
      this.#places(board, graph, width, (row, place, node) => (data[node] = values[row][place]));
      return { type: "float32", data, dims: [graph.index.length, width] };
    };
    const loops = { type: "int64", data: BigInt64Array.of(BigInt(this.loops)), dims: [] };
    const feed = { h: gathered(h, this.d), loops };
    if (this.k) feed.z = gathered(z, this.k);
    const found = await this.#run("denoiser", graph, feed, ["logits", "h_out"]);
    const logits = rows.map((x) => {
      const row = new Float32Array(board.n * board.D).fill(CLOSED_LOGIT);
      x.forEach((value, cell) => value && (row[cell * board.D + value - 1] = 0));
      return row;
    });
    const after = h.map((state) => Float32Array.from(state));
    this.#places(board, graph, 1, (row, place, node) => (logits[row][place] = found.logits[node]));
    this.#places(
      board,
      graph,
      this.d,
      (row, place, node) => (after[row][place] = found.h_out[node]),
    );
    return { logits, h: after };
  }

  /** Call `visit(row, place in the row, place among the nodes)` for numbers of `width` a node. */
  #places(board, { index }, width, visit) {
    const size = board.n * board.D;
    index.forEach((at, node) => {
      const row = Math.floor(at / size);
      for (let i = 0; i < width; i += 1) {
        visit(row, (at - row * size) * width + i, node * width + i);
      }
    });
  }

  /** The outputs by name; empty ones where nothing is masked, or nothing is left of what is. */
  async #run(session, graph, feed, outputs) {
    const N = graph.index.length;
    if (!N) return Object.fromEntries(outputs.map((name) => [name, new Float32Array(0)]));
    const inputs = { ...graph.inputs, ...(this.ruled ? noRules(N) : {}), ...feed };
    const tensors = {};
    for (const [name, { type, data, dims }] of Object.entries(inputs)) {
      tensors[name] = new this.ort.Tensor(type, data, dims);
    }
    const found = await this.sessions[session].run(tensors, outputs);
    return Object.fromEntries(outputs.map((name) => [name, found[name].data]));
  }
}
