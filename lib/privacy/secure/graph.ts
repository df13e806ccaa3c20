/**
 * Who shares masks with whom: a Harary graph on a circle that the digest of the roster shuffles (2020/704), or everybody
 * with everybody. Each client makes it of the roster, so the aggregator need not be believed.
 */
import { createHash } from 'node:crypto';

/** For each position in the roster the positions of its neighbours, ascending. */
export type Graph = readonly (readonly number[])[];

const others = (count: number, except: number): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) => i !== except);

/** Positions in an order that nobody chose: by SHA-256 of the digest and the position. */
function shuffled(count: number, digest: Uint8Array): number[] {
  const place = Buffer.alloc(4);
  const tickets = Array.from({ length: count }, (_, i) => {
    place.writeUInt32LE(i);
    return { i, ticket: createHash('sha256').update(digest).update(place).digest() };
  });
  return tickets.sort((a, b) => Buffer.compare(a.ticket, b.ticket)).map(({ i }) => i);
}

/** `neighbours` of each: an odd number is taken as one less; as many as there are others, or more, as all of them. */
export function makeGraph(count: number, neighbours: number, digest: Uint8Array): Graph {
  if (neighbours >= count - 1) return Array.from({ length: count }, (_, i) => others(count, i));
  const circle = shuffled(count, digest);
  const half = Math.floor(neighbours / 2);
  const graph: number[][] = Array.from({ length: count }, () => []);
  for (const [place, i] of circle.entries()) {
    for (let step = 1; step <= half; step++) {
      const j = circle[(place + step) % count];
      graph[i].push(j);
      graph[j].push(i);
    }
  }
  return graph.map((of) => of.sort((a, b) => a - b));
}
