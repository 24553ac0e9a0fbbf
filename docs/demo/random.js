// Randomness with a seed. Its numbers are not those of NumPy: a seed of this page gives other
// latents than the same seed of vmd-solve. The shared traces bring their own numbers.

/** { normal(count), uniform(count) }: standard normal numbers, and numbers in [0, 1). */
export function seeded(seed) {
  let state = seed >>> 0;
  /** SplitMix32: one number in [0, 1). */
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  /** Box and Muller: one of the two numbers that they make. */
  const gauss = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    normal: (count) => Float32Array.from({ length: count }, gauss),
    uniform: (count) => Float64Array.from({ length: count }, next),
  };
}
