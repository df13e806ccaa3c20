import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'mocha';

const root = join(__dirname, '../../..');
const load = (file: string) => import(pathToFileURL(join(root, 'scripts/experiment', file)).href);

interface Figures {
  accuracy: number;
  backdoor?: number;
  bytesUp: number;
  steps: number;
  curve: number[];
}
const runCell = async (settings: object): Promise<Figures> => (await load('cell.mjs')).runCell(settings);
const small = { data: 'digits', clients: { kind: 'iid', clients: 5, seed: 1 }, rounds: 6, seed: 1 };
const marked = { name: 'backdoor', features: [0, 7, 56], value: 16, target: '0', part: 0.5, share: 0.2 };

describe('a cell of an experiment', () => {
  it('is one federation with what it cost, and the same again', async () => {
    const figures = await runCell(small);
    assert.ok(figures.accuracy > 0.8, `${figures.accuracy}`);
    // 64-32-10 has 2,410 numbers of four bytes; five clients, six rounds.
    assert.equal(figures.bytesUp, 2410 * 4 * 5 * 6);
    assert.equal(figures.curve.length, 6);
    assert.equal(figures.curve[5], figures.accuracy);
    assert.deepEqual(await runCell(small), figures);
    assert.notDeepEqual(await runCell({ ...small, seed: 2 }), figures);
  });

  it('tells from the metrics of the federation what was sent, and what that saved', async () => {
    interface Traffic extends Figures {
      asked: number;
      sent: number;
      withheld: number;
      bytesSaved: number;
      upCurve: number[];
    }
    const run = async (settings: object): Promise<Traffic> =>
      (await runCell({ ...small, traffic: true, ...settings })) as Traffic;
    const all = await run({});
    const half = await run({ federation: { sending: { name: 'periodic', every: 2 } } });
    const coded = await run({ compress: [{ codec: 'quantize', bits: 8 }] });
    assert.deepEqual([all.asked, all.sent, all.withheld, all.bytesSaved], [30, 30, 0, 0]);
    assert.deepEqual([half.asked, half.sent, half.withheld], [30, 15, 15]);
    // Each update is as long as the others, so what was sent and what was saved are all that there would have been.
    assert.equal(half.bytesUp + half.bytesSaved, all.bytesUp);
    assert.equal(half.upCurve.at(-1), half.bytesUp);
    // An update that stays has been computed.
    assert.equal(half.steps, all.steps);
    assert.ok(coded.bytesUp > all.bytesUp / 4 && coded.bytesUp < all.bytesUp / 3.9, `${coded.bytesUp}`);
  });

  it('makes updates smaller behind each client, and what a filter leaves out goes with the next update', async () => {
    const exact = await runCell(small);
    const feedback = { name: 'residual' };
    const through = (...compress: object[]): Promise<Figures> => runCell({ ...small, compress });
    const signs = await through({ codec: 'quantize', method: 'sign', feedback });
    const drive = await through({ codec: 'quantize', method: 'drive' });
    const sparse = await through(
      { codec: 'sparsify', method: 'top-k', share: 0.1, feedback },
      { codec: 'quantize', method: 'eden', bits: 4 },
    );
    // A bit a number, and a magnitude of each of four tensors.
    assert.equal(signs.bytesUp, (Math.ceil(2048 / 8) + 4 + 40 + 2 + 16) * 5 * 6);
    assert.ok(drive.bytesUp < exact.bytesUp / 29 && sparse.bytesUp < exact.bytesUp / 30);
    for (const { accuracy } of [signs, drive, sparse]) assert.ok(accuracy > exact.accuracy - 0.1, `${accuracy}`);
    assert.deepEqual(await through({ codec: 'quantize', method: 'drive' }), drive);
  });

  it('attacks a share of the clients', async () => {
    const [honest, flipped, backdoor] = await Promise.all([
      runCell(small),
      runCell({ ...small, attack: { name: 'sign-flip', factor: 10, share: 0.2 } }),
      runCell({ ...small, trigger: marked, attack: { ...marked, boost: 5 } }),
    ]);
    // One of five turned round ten times: the mean goes the other way.
    assert.ok(flipped.accuracy < 0.3, `${flipped.accuracy}`);
    assert.ok((backdoor.backdoor ?? 0) > 0.9 && backdoor.accuracy > honest.accuracy - 0.1, JSON.stringify(backdoor));
  });

  it('is a federation of unlike networks, beside what each is alone and a student of all', async () => {
    const clients = { kind: 'dirichlet', clients: 4, alpha: 0.2, seed: 1, least: 20 };
    const distill = { networks: [[], [24]], student: [16], publicShare: 0.2, temperature: 1, digestEpochs: 5 };
    const ways = ['alone', 'fedmd', 'feddf'].map((way) => ({ ...distill, way, studentEpochs: 30 }));
    const [alone, fedmd, feddf] = (await Promise.all(
      ways.map((way) => runCell({ ...small, clients, rounds: 8, distill: way })),
    )) as unknown as { members: number; worst: number; bytesUp: number }[];
    assert.ok(fedmd.members > alone.members && fedmd.worst > alone.worst, JSON.stringify([alone, fedmd]));
    assert.ok(feddf.members > alone.members, JSON.stringify([alone, feddf]));
    // Ten numbers for each public row, of four clients in eight rounds: some fifth of 1,438 rows.
    const rows = fedmd.bytesUp / (4 * 10 * 4 * 8);
    assert.ok(Number.isInteger(rows) && rows > 250 && rows < 330, `${rows} public rows`);
    assert.deepEqual([alone.bytesUp, feddf.bytesUp], [0, fedmd.bytesUp]);
  });

  it('says why settings make no sense together', async () => {
    const cell = (await runCell({ ...small, federation: { quorum: 9 } })) as unknown as { refused: string };
    assert.match(cell.refused, /Lower the quorum/);
  });
});

describe('the figures of a table', () => {
  it('are means and deviations of the sample over the seeds', async () => {
    const { cellsOf } = await load('settings.mjs');
    const { summarise } = await load('summary.mjs');
    const table = {
      data: [{ name: 'digits', settings: { rounds: 3 } }],
      rows: [{ name: 'r', settings: { training: { epochs: 9 } } }],
      columns: [
        { name: 'a', settings: {} },
        { name: 'b', settings: { rounds: 7 } },
      ],
      settings: { rounds: 1, training: { epochs: 1, batchSize: 4 } },
    };
    const cells = cellsOf(table, [1, 2, 3]);
    assert.equal(cells.length, 6);
    assert.deepEqual(cells[0].settings, { data: 'digits', rounds: 3, training: { epochs: 9, batchSize: 4 }, seed: 1 });
    assert.equal(cells[5].settings.rounds, 7);
    const values = [0.1, 0.4, 0.7, 0, 0, 0];
    const results = summarise(
      table,
      cells,
      values.map((accuracy) => ({ accuracy, curve: [accuracy] })),
    );
    const { mean, deviation } = results.digits[0][0].figures.accuracy;
    assert.ok(Math.abs(mean - 0.4) < 1e-12);
    assert.ok(Math.abs(deviation - 0.3) < 1e-12);
  });
});

describe('npm run experiment', () => {
  it('names the tables when none is asked for', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/experiment.mjs')], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /Name one table of .*attacks/);
  });

  for (const kind of ['heat', 'bars', 'lines']) {
    it(`draws ${kind} that are well-formed, and leaves out what was refused`, async () => {
      const { draw } = await load('draw.mjs');
      const { percent } = await load('table.mjs');
      const figures = { accuracy: { mean: 0.9, deviation: 0.01, values: [0.9] } };
      const table = {
        title: 'Rows & <columns>',
        data: [{ name: 'digits' }],
        rows: [{ name: 'FedAvg' }, { name: 'FedProx' }],
        columns: [
          { name: 'few', x: 0.1 },
          { name: 'many', x: 10 },
        ],
        figures: [percent('accuracy', 'accuracy')],
        plot: { kind, figure: 'accuracy', xTitle: 'clients', log: true, worse: () => 0.5, low: 0, high: 100 },
      };
      const row = [
        { figures, curve: [] },
        { figures: {}, refused: 'Choose another.' },
      ];
      const svg: string = draw(table, { digits: [row, row] });
      assert.ok(svg.includes('Rows &#38; &#60;columns&#62;'));
      assert.ok(!/NaN|undefined|Infinity/.test(svg));
      const opened = [...svg.matchAll(/<([a-z]+)(?:\s[^>]*)?(?<!\/)>/g)].map(([, name]) => name).sort();
      const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map(([, name]) => name).sort();
      assert.deepEqual(opened, closed);
    });
  }

  it('every table can be laid out', async () => {
    const { cellsOf } = await load('settings.mjs');
    const { setOf } = await load('samples.mjs');
    const { figureOf } = await load('table.mjs');
    for (const file of readdirSync(join(root, 'scripts/experiment/tables'))) {
      const { table } = await load(`tables/${file}`);
      const cells = cellsOf(table, [1]);
      assert.ok(cells.length > 0, file);
      for (const { settings } of cells) assert.ok(setOf(settings).labels.length > 1, file);
      assert.ok(figureOf(table, table.plot.figure), file);
    }
  });
});
