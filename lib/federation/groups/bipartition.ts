/**
 * Cuts a set in two so that the greatest similarity across the cut is as small as it can be (Sattler 2019,
 * arXiv 1910.01991, algorithm 1): the weakest edge of the maximum spanning tree is the cut. O(n^2).
 */

/** Cosine of the angle between a and b, in float64; 0 when one of them is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let left = 0;
  let right = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    left += a[i] * a[i];
    right += b[i] * b[i];
  }
  return left > 0 && right > 0 ? product / Math.sqrt(left * right) : 0;
}

/** n x n, row major, symmetric. */
export function similarities(vectors: readonly Float32Array[]): Float64Array {
  const n = vectors.length;
  const all = new Float64Array(n * n).fill(1);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) all[i * n + j] = all[j * n + i] = cosine(vectors[i], vectors[j]);
  }
  return all;
}

/**
 * `similarity`: n x n, row major, symmetric; its diagonal is not looked at. Gives the side of each, false for number 0,
 * and the greatest similarity across. Equal ones are cut at the lower number. RangeError when n < 2.
 */
export function bipartition(similarity: Float64Array, n: number): { sides: boolean[]; across: number } {
  if (!Number.isInteger(n) || n < 2 || similarity.length !== n * n) {
    throw new RangeError(`Two sides need at least two and n x n similarities, not ${similarity.length} for n = ${n}`);
  }
  // Prim's algorithm: `parent` and `edge` are how each hangs on the tree.
  const parent = new Int32Array(n);
  const edge = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  const order: number[] = [0];
  const inTree = new Uint8Array(n);
  inTree[0] = 1;
  for (let last = 0; order.length < n; ) {
    let next = -1;
    for (let i = 1; i < n; i++) {
      if (inTree[i]) continue;
      if (similarity[last * n + i] > edge[i]) {
        edge[i] = similarity[last * n + i];
        parent[i] = last;
      }
      if (next < 0 || edge[i] > edge[next]) next = i;
    }
    inTree[next] = 1;
    order.push(next);
    last = next;
  }
  let cut = 1;
  for (let i = 2; i < n; i++) if (edge[i] < edge[cut]) cut = i;
  // Parents come before their children.
  const sides: boolean[] = new Array(n).fill(false);
  for (const i of order) if (i > 0) sides[i] = i === cut || sides[parent[i]];
  return { sides, across: edge[cut] };
}
