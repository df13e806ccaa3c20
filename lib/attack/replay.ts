/** An update sent again rounds later: under a new header, where only a rule may tell, or as the old message, which its asking gives away. */
export interface Replay<T> {
  /** What `client` sent `age` rounds before, if it is remembered; remembers this one. */
  exchange(client: string, round: number, own: T): T | undefined;
}

/** Remembers at most `memory` bytes, as `bytesOf` counts them; what comes beyond is not remembered. */
export function createReplay<T>(age: number, memory: number, bytesOf: (own: T) => number): Replay<T> {
  const sent = new Map<string, { round: number; own: T }[]>();
  let held = 0;
  return {
    exchange(client, round, own) {
      const kept = sent.get(client) ?? [];
      const old = kept.find((one) => one.round === round - age);
      const lasting = kept.filter((one) => one.round > round - age && one.round < round);
      for (const one of kept) if (!lasting.includes(one)) held -= bytesOf(one.own);
      if (held + bytesOf(own) <= memory) {
        held += bytesOf(own);
        lasting.push({ round, own });
      }
      if (lasting.length > 0) sent.set(client, lasting);
      else sent.delete(client);
      return old?.own;
    },
  };
}
