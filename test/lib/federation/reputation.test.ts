/** Who is rejected again and again is no longer asked, until the operator lets it back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FederationOptions } from '../../../lib/federation/options';
import { evidenceAfter, isEnoughEvidence } from '../../../lib/federation/reputation';
import { generator } from '../../../lib/random/generator';
import { createStore } from '../../../lib/state/store';
import type { FederationHeader, Message } from '../../../lib/update/message';
import { readVector, vectorPayload } from '../../../lib/update/vector';
import { type Toy, toyFederation } from './toy';

const clients = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'z'];
const options: Partial<FederationOptions> = {
  rounds: 40,
  minClients: 9,
  quorum: 9,
  rule: { name: 'norm-bound', above: 'zero', bound: 1e3 },
  quarantine: { rounds: 1000 },
};

const lying =
  (liar: string, change: (vector: Float32Array) => Float32Array) => (message: Message<FederationHeader>) => {
    const { fl, payload } = message;
    if (fl.kind !== 'update' || fl.client !== liar) return message;
    return { fl, payload: vectorPayload(change(readVector(payload, payload.length / 4))) };
  };
const huge = lying('z', (vector) => vector.map(() => 1e5));
const nan = lying('z', (vector) => vector.fill(Number.NaN));

const cohorts = (toy: Toy): string[][] =>
  toy.sent.flatMap(({ fl }) => (fl.kind === 'model' && fl.cohort !== 'all' && fl.cohort.length > 0 ? [fl.cohort] : []));

describe('Reputation', () => {
  it('quarantines by chance at most once in as many rounds as were said', () => {
    const random = generator(9, 'reputation');
    for (const share of [0.05, 0.2, 0.5, 0.8, 0.95]) {
      let alarms = 0;
      const trials = 200_000;
      for (let round = 0, evidence = 0; round < trials; round++) {
        evidence = evidenceAfter(evidence, random.uniform() < share, share);
        if (!isEnoughEvidence(evidence, { rounds: 100 })) continue;
        alarms++;
        evidence = 0;
      }
      assert.ok(alarms <= trials / 100, `${alarms} alarms at a share of ${share}`);
    }
  });

  it('finds a client that is always rejected in a few rounds, the sooner the fewer others are', () => {
    const rounds = (share: number): number => {
      let evidence = 0;
      for (let round = 1; round < 1000; round++) {
        evidence = evidenceAfter(evidence, true, share);
        if (isEnoughEvidence(evidence, { rounds: 1000 })) return round;
      }
      return Number.POSITIVE_INFINITY;
    };
    assert.equal(rounds(0.1), 4);
    assert.ok(rounds(0.4) > 4 && rounds(0.4) < 12);
    // Where all are rejected, or all but one, nobody is suspect.
    assert.equal(rounds(0.9), Number.POSITIVE_INFINITY);
    assert.equal(rounds(1), Number.POSITIVE_INFINITY);
  });

  for (const [name, up, why] of [
    ['by the rule', huge, /above the bound|farther|apart/],
    ['at the door', nan, /could not be used \(not-finite\)/],
  ] as const) {
    it(`asks a client no longer that is rejected ${name} again and again, and nobody else suffers`, async () => {
      const toy = await toyFederation({ clients, up, options });
      await toy.settle();
      const all = cohorts(toy);
      assert.equal(all.length, 40);
      assert.equal(
        all.findIndex((cohort) => !cohort.includes('z')),
        4,
      );
      assert.ok(all.slice(4).every((cohort) => cohort.length === 9 && !cohort.includes('z')));
      assert.deepEqual(toy.metrics.at(-1)?.quarantined, ['z']);
      assert.equal(toy.refused.filter(({ code }) => code === 'quarantined').length, 1);
      const { registry, quarantined: count } = toy.coordinator.snapshot();
      assert.equal(count, 1);
      const [z, ...others] = registry.filter(({ rejections }) => rejections !== undefined).reverse();
      assert.deepEqual([z.client, z.quarantined, z.rejections], ['z', 4, 4]);
      assert.match(z.reason ?? '', why);
      assert.ok(others.every(({ quarantined }) => quarantined === undefined));
      await toy.close();
    });
  }

  it('leaves no federation without clients', async () => {
    const toy = await toyFederation({ clients, up: huge, options: { ...options, minClients: 10, quorum: 9 } });
    await toy.settle();
    assert.ok(cohorts(toy).every((cohort) => cohort.includes('z')));
    await toy.close();
  });

  it('lets a client back when the operator says so, remembers it over a restart and a reset until then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reputation-'));
    const parts = { store: createStore(folder) };
    const first = await toyFederation({ clients, up: huge, parts, options: { ...options, rounds: 10 } });
    await first.settle();
    await first.close();
    const second = await toyFederation({ clients, up: huge, parts, options: { ...options, rounds: 12 } });
    await second.settle();
    assert.ok(cohorts(second).length > 0 && cohorts(second).every((cohort) => !cohort.includes('z')));
    assert.equal(second.coordinator.snapshot().quarantined, 1);
    second.coordinator.command('reset');
    await second.settle();
    assert.equal(second.coordinator.snapshot().quarantined, 1);
    const before = cohorts(second).length;
    assert.ok(cohorts(second).every((cohort) => !cohort.includes('z')));
    second.coordinator.command('release', 'nobody');
    second.coordinator.command('release');
    second.coordinator.command('release', 'z');
    assert.equal(second.coordinator.snapshot().quarantined, 0);
    second.coordinator.command('reset');
    await second.settle();
    assert.deepEqual(
      second.refused.flatMap(({ code }) => (code === 'not-quarantined' || code === 'unknown-command' ? [code] : [])),
      ['not-quarantined', 'unknown-command'],
    );
    assert.ok(cohorts(second)[before].includes('z'));
    await second.close();
    rmSync(folder, { recursive: true });
  });

  it('lets nobody back, and moves no model, for a command that is rubbish', async () => {
    const toy = await toyFederation({ clients, up: huge, options: { ...options, rounds: 10 } });
    await toy.settle();
    const before = toy.coordinator.snapshot();
    assert.equal(before.quarantined, 1);
    const command = toy.coordinator.command as (name: unknown, client?: unknown) => void;
    const rubbish: unknown[] = [
      ...[
        undefined,
        null,
        0,
        -1,
        Number.NaN,
        true,
        '',
        ' z',
        'Z',
        'z\0',
        'x'.repeat(100_000),
        '__proto__',
        'constructor',
      ],
      ...[
        ['z'],
        { client: 'z' },
        { toString: () => 'z' },
        Object.create(null),
        Buffer.from('z'),
        Symbol('z'),
        10n,
        () => 'z',
      ],
    ];
    for (const one of rubbish) {
      command('release', one);
      command(one, 'z');
    }
    await toy.settle();
    assert.deepEqual(
      toy.refused.filter(({ code }) => !['quarantined', 'not-quarantined', 'unknown-command'].includes(code)),
      [],
    );
    const after = toy.coordinator.snapshot();
    assert.deepEqual([after.weights, after.registry], [before.weights, before.registry]);
    command('release', 'z');
    const z = toy.coordinator.snapshot().registry.find(({ client }) => client === 'z');
    assert.deepEqual(z, { client: 'z', samples: z?.samples, away: false });
    await toy.close();
  });

  it('does nothing where nobody wants it', async () => {
    const { quarantine: _, ...without } = options;
    const toy = await toyFederation({ clients, up: huge, options: without });
    await toy.settle();
    assert.ok(cohorts(toy).every((cohort) => cohort.includes('z')));
    await toy.close();
  });
});
