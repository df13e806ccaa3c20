import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Generator, generator } from '../../../lib/random/generator';
import { type Kill, lifeOf } from '../killed-process';
import type { KilledFederation } from './federation-process';

interface Life {
  rounds: number[];
  /** Of each finished round all that must not depend on kills, by its number. */
  told: Map<number, string>;
  end?: string;
  refused: string[];
}

/** Runs the federation in `folder` (none: without a store). */
async function live(folder: string, federation: KilledFederation, kill?: Kill): Promise<Life> {
  const script = join(__dirname, 'federation-process.js');
  const said = await lifeOf(script, [folder, JSON.stringify(federation)], kill);
  return {
    rounds: said('round').map(Number),
    told: new Map(said('told').map((line) => [Number.parseInt(line, 10), line])),
    end: said('end')[0],
    refused: said('refused'),
  };
}

const four = ['a', 'b', 'c', 'd'];
const some = { rounds: 60, quorum: 2, sampler: { name: 'random', count: 3 } } as const;
const all = {
  rounds: 60,
  quorum: 4,
  training: { epochs: 2, batchSize: 16, optimizer: 'sgd', learningRate: 0.05, seed: 7 },
} as const;

interface Kind {
  federation: KilledFederation;
  /** What must have come about in the end, so that there was something to lose. */
  comesTo?: RegExp;
}

/** The aggregator keeps c, moments, groups or evidence; each client its c_i or a personal model. */
const kinds: Record<string, Kind> = {
  SCAFFOLD: { federation: { clients: four, options: { ...some, strategy: { name: 'scaffold' } } } },
  'Ditto beside FedAvg': { federation: { clients: four, options: some, personal: true } },
  FedAdam: { federation: { clients: four, options: { ...some, strategy: { name: 'fedadam' } } } },
  'Adaptive clipping': {
    federation: { clients: four, clipped: 0.01, options: all },
    // It began at 0.01, and went up by e^0.1 a round.
    comesTo: /"clipping":\{"share":.*"next":0\.[1-9]/,
  },
  'Noise of a tree': {
    federation: { clients: four, clipped: 0.5, levels: 4, options: all },
    // Four trees of 15 rounds each.
    comesTo: /"tree":\{"begun":46,"leaf":15,"nodes":4\}/,
  },
  IFCA: {
    federation: { clients: four, others: ['c', 'd'], options: { ...all, strategy: { name: 'ifca', groups: 2 } } },
    comesTo: /"clients":\["a","b"\].*"clients":\["c","d"\]/,
  },
  'Groups that part': {
    federation: {
      clients: four,
      others: ['c', 'd'],
      options: { ...all, strategy: { name: 'clustered', eps1: 0.1, eps2: 0.1, minGroup: 1 } },
    },
    comesTo: /"clients":\["c"\].*"clients":/,
  },
  'FLAME, a liar and quarantine': {
    federation: {
      clients: [...four, 'e', 'f', 'g'],
      liar: 'b',
      // About eleven rejections: in more lives than one.
      options: { ...all, minClients: 5, rule: { name: 'flame' }, quarantine: { rounds: 1e9 } },
    },
    comesTo: /"quarantined":\["b"\]/,
  },
  'FoolsGold, and the sums of all updates': {
    federation: {
      clients: [...four, 'e'],
      others: ['c', 'd', 'e'],
      options: { ...all, minClients: 5, rule: { name: 'foolsgold' } },
    },
    comesTo: /"rejected":\[\{/,
  },
};

/** A federation from its first round to its last, killed again and again; gives how often. */
async function killed(federation: KilledFederation, uninterrupted: Life, random: Generator): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'fl-killed-'));
  try {
    let reached = 1;
    for (let kills = 0; ; kills++) {
      const life = await live(folder, federation, { rounds: 1 + random.below(12), ms: random.uniform() * 20 });
      // Who is in quarantine is told so when it joins anew.
      for (const code of life.refused) assert.ok(code === 'quarantined' && federation.liar, code);
      if (life.rounds.length > 0) {
        // A model that went out is never taken back.
        assert.ok(life.rounds[0] >= reached, `begins with ${life.rounds[0]}, ${reached} was out`);
        reached = Math.max(reached, ...life.rounds);
      }
      for (const [round, told] of life.told) assert.equal(told, uninterrupted.told.get(round));
      if (!life.end) continue;
      assert.equal(life.end, uninterrupted.end);
      return kills;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('a federation, killed', () => {
  for (const [name, { federation, comesTo = / / }] of Object.entries(kinds))
    it(`${name}: goes on from the last model that went out, each time, and ends with the same bits`, async function () {
      this.timeout(900_000);
      const uninterrupted = await live('', federation);
      assert.ok(uninterrupted.end);
      assert.match([...uninterrupted.told.values()].pop() ?? '', comesTo);
      const random = generator(12, 'kill');
      // Where the machine is busy a life goes on for long before its kill comes: then another federation is killed as well.
      for (let kills = 0; kills < 5; ) kills += await killed(federation, uninterrupted, random);
    });
});
