import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Coordinator, Overview } from '../../../lib/federation/coordinator-parts';
import type { RoundMetrics } from '../../../lib/federation/metrics';
import { createFigures } from '../../../nodes/shared/figures';
import type { FlowNode, Red } from '../../../nodes/shared/red';
import { createRefusals } from '../../../nodes/shared/refusals';
import { watchAggregator, watchEvaluator, watchedIn } from '../../../nodes/shared/watched';
import { clientsQuery } from '../../../plugins/sidebar/clients';
import { type Details, detailsOf, type Line, lineOf } from '../../../plugins/sidebar/view';

const metrics = (wish: Partial<RoundMetrics>): RoundMetrics => ({
  federation: 'f',
  round: 1,
  strategy: 'fedavg',
  cohort: 2,
  updates: 2,
  declined: 0,
  refused: {},
  late: 0,
  samples: 10,
  updateNorm: 1,
  bytesUp: 100,
  bytesDown: 200,
  bytesUpTotal: 0,
  bytesDownTotal: 0,
  durationMs: 5,
  clients: 2,
  ...wish,
});
const overview = (wish: Partial<Overview> = {}): Overview => ({
  curve: [],
  phase: 'waiting',
  running: true,
  round: 3,
  rounds: 0,
  clients: 1,
  cohort: 2,
  answers: 2,
  quarantined: 0,
  federation: 'f',
  fingerprint: '',
  registry: [],
  bytesUpTotal: 1,
  bytesDownTotal: 2,
  ...wish,
});

function watched(now: Overview) {
  const RED = { events: new EventEmitter() } as unknown as Red;
  const node = { id: 'in a subflow', _alias: 'template', name: 'Server' } as unknown as FlowNode;
  const closing = new AbortController();
  const refusals = createRefusals(() => 1000);
  const taking = watchAggregator(
    RED,
    node,
    { refusals, closing: closing.signal },
    { federation: 'f', model: 'm', command: async () => {} },
  );
  const look = (): { line: Line; details: Details } => {
    const { aggregators, evaluators } = watchedIn(RED);
    const [one] = aggregators;
    return {
      line: lineOf(one, one.overview(), evaluators),
      details: detailsOf(one, one.overview(), evaluators, clientsQuery({})),
    };
  };
  const open = () => taking.opening(Promise.resolve({ overview: () => now } as unknown as Coordinator));
  return { RED, closing, refusals, taking, look, open };
}

describe('What the sidebar is told', () => {
  it('has the curve of the federation, and counts what was in vain since the node started', async () => {
    const curve = [
      { round: 1, loss: 0.5, norm: 1, up: 300, down: 600, updates: 2, voids: 2 },
      { round: 2, loss: 0.25, norm: 1, up: 100, down: 200, updates: 2 },
      { round: 3, up: 100, down: 200, updates: 0, voids: 1 },
    ];
    const { taking, look, open } = watched(overview({ curve }));
    assert.deepEqual(look().details.points, [], 'not opened yet');
    await open();
    taking.round(metrics({ round: 1, void: 'Too few.', updates: 0, declined: 2 }));
    taking.round(metrics({ round: 1, void: 'Too few.', updates: 0, late: 1 }));
    taking.round(metrics({ round: 1, loss: 0.5, withheld: 1 }));
    taking.round(metrics({ round: 2, loss: 0.25 }));
    taking.round(metrics({ round: 3, void: 'Too few.', updates: 0, updateNorm: 0 }));
    const { points, totals } = look().details;
    assert.equal(look().line.loss, 0.25);
    const { agoMs = -1, tookMs } = look().details.last ?? {};
    assert.ok(agoMs >= 0 && tookMs === 5);
    assert.deepEqual(points, curve);
    assert.deepEqual(totals, { rounds: 2, voids: 3, declined: 2, withheld: 1, late: 1 });
  });

  it('has what privacy has come to', async () => {
    const privacy = { mode: 'central' as const, clippingNorm: 0.5, noiseMultiplier: 1, delta: 1e-5, epsilon: 2 };
    const { taking, look, open } = watched(overview());
    await open();
    taking.round(metrics({ privacy }));
    taking.round(metrics({ round: 2, void: 'Too few.' }));
    assert.deepEqual(look().details.privacy, privacy);
  });

  it('has what the last round tells of groups, and of masked updates', async () => {
    const groups = [['a', 'b'], ['c'], []].map((clients) => ({ clients, samples: 1 }));
    const { look, open } = watched(overview({ metrics: metrics({ groups, secure: { masked: 4, dropped: 1 } }) }));
    await open();
    const { details } = look();
    assert.deepEqual([details.groups, details.secure], [[2, 1, 0], { masked: 4, dropped: 1 }]);
  });

  it('names the template of a node in a subflow, and who was quarantined first comes first', async () => {
    const client = (name: string, quarantined?: number) => ({ client: name, samples: 1, away: false, quarantined });
    const { look, open } = watched(overview({ registry: [client('a', 9), client('b'), client('c', 4)] }));
    await open();
    const { line, details } = look();
    assert.deepEqual([line.id, line.shown, line.known], ['in a subflow', 'template', 3]);
    assert.deepEqual(
      details.quarantined.map(({ client: name }) => name),
      ['c', 'a'],
    );
  });

  it('has the figures of this federation alone, with those that were kept, from evaluators that are there', () => {
    const { RED, closing, look, taking } = watched(overview());
    const evaluator = watchEvaluator(RED, { id: 'held out', name: 'held out' } as FlowNode, closing.signal);
    const take = (federation: string, round: number, value: number): void =>
      evaluator.take(federation, { round, figure: 'accuracy', value });
    const kept = ['held out', 'gone'].map((id) => [id, [{ round: 1, figure: 'accuracy', value: 0.5 }]]);
    taking.figures.found(JSON.parse(JSON.stringify(kept)));
    // The same node hears another one, which is not as far.
    take('g', 0, 0.9);
    take('f', 2, 0.7);
    const { line, details } = look();
    const points = [
      { round: 1, value: 0.5 },
      { round: 2, value: 0.7 },
    ];
    assert.deepEqual(details.series, [{ name: 'held out', figure: 'accuracy', points }]);
    assert.deepEqual(line.figure, { figure: 'accuracy', value: 0.7 });
  });

  it('keeps the figures of a few evaluators, and nothing that is none, whatever was kept', () => {
    const figures = createFigures();
    for (let i = 0; i < 1000; i++) figures.take(`node ${i}`, { round: 1, figure: 'f1', value: 1 });
    const kept = figures.now() as unknown[];
    assert.ok(kept.length < 10);
    const point = { round: 1, figure: 'accuracy', value: 0.5 };
    for (const rubbish of [undefined, null, 3, 'x', {}, [null, 7, 'ab', ['a'], ['a', 3], [3, [point]]]]) {
      const other = createFigures();
      other.found(rubbish);
      assert.deepEqual(other.now(), []);
    }
    const other = createFigures();
    other.found([['a', [null, { ...point, value: '1' }, point, { ...point, round: Number.NaN }]]]);
    assert.deepEqual(other.of('a'), [point]);
  });

  it('has the last sentence of each code', () => {
    const { refusals, look } = watched(overview());
    refusals.count({ code: 'late', message: 'First.' });
    refusals.count({ code: 'late', message: 'Second.' });
    assert.deepEqual(look().details.refused, [{ code: 'late', count: 2, sentence: 'Second.', agoMs: 0 }]);
    assert.equal(look().line.refused, 2);
  });

  it('says why an aggregator is off, and that it is on when it could be opened after all', async () => {
    const { taking, look, open, closing, RED } = watched(overview());
    assert.deepEqual([look().line.phase, look().line.problem], ['off', undefined]);
    await assert.rejects(taking.opening(Promise.reject(new Error('Set the quorum.'))));
    assert.deepEqual([look().line.phase, look().line.problem], ['off', 'Set the quorum.']);
    await open();
    assert.deepEqual([look().line.phase, look().line.problem], ['waiting', undefined]);
    closing.abort();
    assert.equal(watchedIn(RED).aggregators.size, 0, 'what is closed is forgotten');
  });
});
