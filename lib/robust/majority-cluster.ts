/**
 * What HDBSCAN (min_cluster_size = n/2 + 1, min_samples = 1) finds, as FLAME asks it: two clusters of more than half each
 * cannot be, so that its tree has one branch, and the cluster is the group of more than half that holds together to the
 * shortest distance. Found by joining the nearest pairs first until a group has more than half of all (single linkage).
 */

/** `distances`: n x n, row major, symmetric. The members by index; ties are joined together, whatever the order. */
export function majorityCluster(distances: Float64Array, n: number): number[] {
  const wanted = Math.floor(n / 2) + 1;
  if (n <= 2) return Array.from({ length: n }, (_, i) => i);
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const size = new Int32Array(n).fill(1);
  const rootOf = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  // A spanning tree of least length has all joins that matter: n - 1 edges instead of n^2 / 2 to be sorted.
  const edges = spanningTree(distances, n);
  let largest = 0;
  for (let e = 0; e < edges.length; e++) {
    const [i, j, length] = edges[e];
    const [a, b] = [rootOf(i), rootOf(j)];
    parent[b] = a;
    size[a] += size[b];
    if (size[a] > size[rootOf(largest)]) largest = a;
    const more = edges[e + 1];
    if (size[rootOf(largest)] >= wanted && !(more && more[2] === length)) break;
  }
  const top = rootOf(largest);
  return Array.from({ length: n }, (_, i) => i).filter((i) => rootOf(i) === top);
}

/** Prim's algorithm: edges [i, j, length], shortest first. */
function spanningTree(distances: Float64Array, n: number): [number, number, number][] {
  const near = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(n).fill(-1);
  const inside = new Uint8Array(n);
  const edges: [number, number, number][] = [];
  for (let at = 0, count = 1; count <= n; count++) {
    inside[at] = 1;
    let next = -1;
    for (let j = 0; j < n; j++) {
      if (inside[j]) continue;
      const distance = distances[at * n + j];
      if (distance < near[j]) {
        near[j] = distance;
        from[j] = at;
      }
      if (next < 0 || near[j] < near[next]) next = j;
    }
    if (next < 0) break;
    edges.push([from[next], next, near[next]]);
    at = next;
  }
  return edges.sort((a, b) => a[2] - b[2]);
}
