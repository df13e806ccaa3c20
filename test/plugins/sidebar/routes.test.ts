/** What a running Node-RED tells the sidebar, and what it does for it. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { Details, Line } from '../../../plugins/sidebar/view';
import type { FlowNode } from '../../../scripts/lib/admin-api';
import { nodesOf, readExample, theNode } from '../../../scripts/lib/example';
import { launchNodeRed, makeUserDir, type NodeRedProcess } from '../../../scripts/lib/node-red-process';

interface Told {
  federations: Line[];
  open?: Details;
}

const example = '01 - Factory - which engine fails next.json';

describe('the routes of the sidebar', () => {
  const userDir = makeUserDir();
  let nodeRed: NodeRedProcess;
  let flows: FlowNode[];
  let aggregator: FlowNode;
  before(async () => {
    flows = readExample(example);
    aggregator = theNode(flows, 'fl-aggregator');
    Object.assign(aggregator, { rounds: '0', pause: '0.2', name: 'Server <b>' });
    nodeRed = await launchNodeRed({ version: 4, userDir, flows });
  });
  after(async () => {
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const look = async (query = ''): Promise<Told> =>
    (await nodeRed.request('GET', `/fl-tinyml/federations${query}`)) as Told;
  const command = (id: string, name: unknown): Promise<Response> =>
    fetch(`${nodeRed.url}/fl-tinyml/federations/${id}/command`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command: name }),
    });
  const until = async (wanted: (told: Told) => boolean, query = ''): Promise<Told> => {
    for (let left = 300; left > 0; left--) {
      const told = await look(query);
      if (wanted(told)) return told;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`still ${JSON.stringify(await look(query))}`);
  };

  it('tell how a federation stands, and all about the one that is open', async () => {
    const query = `?open=${aggregator.id}&count=2`;
    const { federations, open } = await until((told) => (told.open?.series[0]?.points.length ?? 0) >= 3, query);
    const clients = nodesOf(flows, 'fl-client').length;
    assert.equal(federations.length, 1);
    const [line] = federations;
    assert.deepEqual([line.id, line.name, line.known], [aggregator.id, 'Server <b>', clients]);
    assert.ok(line.running && line.round >= 3);
    assert.ok(open);
    assert.deepEqual(
      open.points.map(({ round }) => round),
      open.points.map((_, i) => i + 1),
    );
    assert.ok(
      open.points.every(({ loss, norm, up, down }) => loss && loss > 0 && norm && norm > 0 && up > 0 && down > 0),
    );
    const sum = (of: 'up' | 'down'): number => open.points.reduce((total, point) => total + point[of], 0);
    assert.ok(open.bytesUp >= sum('up') && open.bytesDown >= sum('down'));
    assert.ok(open.series[0].points.every(({ value }) => value >= 0 && value <= 1));
    assert.deepEqual([open.clients.total, open.clients.rows.length], [clients, 2]);
    assert.ok(open.clients.rows.every(({ silentMs }) => silentMs !== undefined && silentMs < 60_000));
  });

  it('tell only the lines when none is open, or one that is not there', async () => {
    assert.equal((await look()).open, undefined);
    assert.equal((await look('?open=nobody')).open, undefined);
    assert.equal((await look('?open[]=a&open[]=b&count[x]=1')).open, undefined);
  });

  it('pause, step, start and reset it', async () => {
    assert.equal((await command(aggregator.id, 'pause')).status, 200);
    const paused = await until(({ federations: [{ phase, running }] }) => phase === 'idle' && !running);
    const { round } = paused.federations[0];
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal((await look()).federations[0].round, round);
    assert.equal((await command(aggregator.id, 'step')).status, 200);
    await until(({ federations: [now] }) => now.phase === 'idle' && now.round === round + 1);
    assert.equal((await command(aggregator.id, 'reset')).status, 200);
    const anew = await until(({ federations: [now] }) => now.round <= 1, `?open=${aggregator.id}`);
    assert.equal(anew.open?.bytesUp, 0);
    assert.equal((await command(aggregator.id, 'start')).status, 200);
    await until(({ federations: [now] }) => now.running && now.round >= 2);
  });

  it('go on with all curves after a redeploy, and after a kill with all but perhaps the last point', async () => {
    const query = `?open=${aggregator.id}`;
    const rounds = ({ open }: Told): number[][] => [
      (open?.points ?? []).map(({ round }) => round),
      (open?.series[0]?.points ?? []).map(({ round }) => round),
    ];
    const isLonger = (told: Told, than: number): boolean => rounds(told).every(({ length }) => length > than);
    /** From the beginning: the model that nobody has trained is measured too. */
    const upTo = (curve: number[]): number[] => {
      const [first, last] = [Math.min(1, curve[0]), curve.at(-1) ?? 0];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    };
    await until((told) => isLonger(told, 3), query);
    await nodeRed.deploy(
      structuredClone(flows).map((node) => ({ ...node, ...(node.z ? { info: 'Redeployed.' } : {}) })),
    );
    const redeployed = await until((told) => isLonger(told, 5), query);
    for (const curve of rounds(redeployed)) assert.deepEqual(curve, upTo(curve));
    await nodeRed.kill();
    nodeRed = await launchNodeRed({ version: 4, userDir, port: Number(new URL(nodeRed.url).port) });
    const [points, series] = rounds(await until((told) => isLonger(told, 7), query));
    assert.deepEqual(points, upTo(points));
    const missing = upTo(series).filter((round) => !series.includes(round));
    assert.ok(missing.length <= 1, `without ${missing}`);
  });

  it('refuse what is no command, and an aggregator that is not there', async () => {
    for (const name of ['release', 'destroy', '', null, { a: 1 }]) {
      const answer = await command(aggregator.id, name);
      assert.equal(answer.status, 400);
      assert.match(((await answer.json()) as { problem: string }).problem, /^Send one of start, pause, step/);
    }
    const answer = await command('nobody', 'pause');
    assert.equal(answer.status, 400);
    assert.match(((await answer.json()) as { problem: string }).problem, /does not run/);
  });

  it('say why an aggregator does not run, and nothing of those that are gone', async () => {
    const changed = structuredClone(flows);
    const broken = theNode(changed, 'fl-aggregator');
    broken.quorum = '0';
    changed.push({ ...broken, id: 'without', federation: 'other', model: '', quorum: '2' });
    await nodeRed.deploy(changed);
    const { federations } = await until(({ federations: all }) => all.length === 2 && all.some((one) => one.problem));
    const byId = new Map(federations.map((line) => [line.id, line]));
    assert.match(byId.get(aggregator.id)?.problem ?? '', /quorum/i);
    assert.deepEqual([byId.get('without')?.phase, byId.get('without')?.hasModel], ['off', false]);
    await nodeRed.deploy([]);
    assert.deepEqual(await look(), { federations: [] });
  });
});
