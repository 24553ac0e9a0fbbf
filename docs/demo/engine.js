// The worker as promises.

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
let last = 0;

worker.onmessage = ({ data: { id, result, error } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) resolve(result);
  else reject(new Error(error));
};

worker.onerror = () => {
  for (const { reject } of waiting.values()) reject(new Error("the worker cannot be started"));
  waiting.clear();
};

/** What the worker answers to a task. */
export function ask(task, given = {}) {
  return new Promise((resolve, reject) => {
    waiting.set((last += 1), { resolve, reject });
    worker.postMessage({ id: last, task, given });
  });
}
