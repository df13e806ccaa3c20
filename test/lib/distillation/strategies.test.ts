/** What goes together with a federation of predictions, and what is refused with its reason: as docs/algorithms.md says. */
import assert from 'node:assert/strict';
import { consensusModel, publicRows } from '../../../lib/distillation';
import { type FederationOptions, type StrategyName, strategyNames } from '../../../lib/federation';
import type { RuleName } from '../../../lib/robust/options';
import { applyCodec } from '../../../lib/update/codecs/registry';
import { digits, labels, networks, WIDTH } from './digits';
import { federate, type Member, type Outcome, training, type Wish } from './federation';

const set = digits({ clients: 4, alpha: 1, seed: 6, publicCount: 60 });
const rows = publicRows(set.publicRows, WIDTH);
const consensus = consensusModel({ digest: rows.digest, rows: rows.count, labels });
const names = ['linear', 'narrow', 'linear', 'narrow'];
const members = Object.fromEntries(
  [...set.clients].map(([client, own], i): [string, Member] => [client, { network: networks[names[i]], own, rows }]),
);
/** Some strategies know the steps of no other optimiser. */
const plain = { ...training, optimizer: 'sgd', learningRate: 0.05 } as const;
const two = (federation: Partial<FederationOptions>, change: Partial<Wish> = {}): Promise<Outcome> =>
  federate({
    consensus,
    members,
    rounds: 2,
    federation: { deadlineMs: 60_000, training: plain, ...federation },
    ...change,
  });

/** By whom, and with which code. */
const refused: Partial<Record<StrategyName, string>> = {
  fedprox: 'distill-strategy',
  scaffold: 'distill-strategy',
  feddyn: 'distill-strategy',
  fednova: 'bad-steps',
  ifca: 'no-loss',
};

/** Resolves with the first refusal; what comes after it is cut off by a deadline far away. */
async function refusalOf(strategy: StrategyName): Promise<string> {
  let told: (code: string) => void = () => {};
  const first = new Promise<string>((resolve) => {
    told = resolve;
  });
  const stop = new AbortController();
  const running = two({ strategy: { name: strategy } }, { stop: stop.signal, onRefused: ({ code }) => told(code) });
  const code = await Promise.race([first, running.then(() => 'none')]);
  stop.abort();
  await running;
  return code;
}

describe('a federation of predictions', () => {
  for (const name of strategyNames) {
    const code = refused[name];
    if (code === undefined) {
      it(`works under ${name}`, async () => {
        const outcome = await two({ strategy: { name } });
        assert.deepEqual(outcome.refused, []);
        assert.deepEqual(
          outcome.metrics.map(({ updates }) => updates),
          [4, 4],
        );
        assert.ok(outcome.snapshot.weights.some((value) => value !== 0));
      });
    } else {
      it(`is refused under ${name}: ${code}`, async () => assert.equal(await refusalOf(name), code));
    }
  }

  const rules: RuleName[] = [
    'median',
    'trimmed-mean',
    'krum',
    'geometric-median',
    'norm-bound',
    'centered-clip',
    'flame',
  ];
  for (const name of rules) {
    it(`works with the rule ${name}`, async () => {
      const f = name === 'krum' ? { f: 0 } : name === 'trimmed-mean' ? { beta: 0.25, f: 1 } : {};
      const outcome = await two({ rule: { name, ...f } as FederationOptions['rule'] });
      assert.deepEqual(outcome.refused, []);
      assert.equal(outcome.metrics.length, 2);
    });
  }

  it('works with a sampler by loss, late answers, without rounds, and with updates that stay', async () => {
    const all: Partial<FederationOptions>[] = [
      { sampler: { name: 'power-of-choice', count: 2, candidates: 4 }, quorum: 2 },
      { timing: { mode: 'rounds', late: { maxStaleness: 2 } } },
      { timing: { mode: 'async', method: { name: 'fedbuff', bufferSize: 2, serverLearningRate: 1 }, maxStaleness: 5 } },
      { sending: { name: 'loss', threshold: 0.01 } },
      { classWeighting: { name: 'balanced', cap: 10 } },
    ];
    for (const federation of all) {
      const outcome = await two(federation);
      assert.deepEqual(outcome.refused, [], JSON.stringify(federation));
      assert.equal(outcome.snapshot.phase, 'finished', JSON.stringify(federation));
    }
  });

  it('agrees on nearly the same with 8-bit updates, at a quarter of the bytes', async () => {
    const whole = await two({});
    const coded = await two(
      {},
      {
        up(message) {
          const { fl, payload } = message;
          if (fl.kind !== 'update') return message;
          const { codecs, payload: less } = applyCodec({ fl, payload }, 'quantize', { bits: 8, per: 'channel' });
          return { fl: { ...fl, codecs }, payload: less };
        },
      },
    );
    assert.deepEqual(coded.refused, []);
    assert.ok(coded.metrics[0].bytesUp < 0.35 * whole.metrics[0].bytesUp);
    const best = ({ snapshot: { weights } }: Outcome, row: number): number => {
      const ten = [...weights.subarray(10 * row, 10 * row + 10)];
      return ten.indexOf(Math.max(...ten));
    };
    let alike = 0;
    for (let row = 0; row < rows.count; row++) alike += Number(best(whole, row) === best(coded, row));
    assert.ok(alike >= 0.95 * rows.count, `${alike} of ${rows.count}`);
  });
});
