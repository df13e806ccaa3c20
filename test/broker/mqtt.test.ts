import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../scripts/demo/factory';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { launchNodeRed, type NodeRedProcess } from '../../scripts/lib/node-red-process';
import { aggregatorSide, cutRound, cutTheBroker, makeKeys, plantSide, rounds } from './flows';
import { maskedAggregator, maskedPlants, maskedRounds } from './masked';

const mosquitto = process.env.MOSQUITTO ?? '/usr/sbin/mosquitto';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });

interface Broker {
  /** Of the life that runs now. */
  readonly pid: number;
  start(): Promise<void>;
  /** Also when it has been killed. */
  stop(): Promise<void>;
}

function brokerOn(port: number, folder: string): Broker {
  const settings = join(folder, 'mosquitto.conf');
  writeFileSync(settings, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  let child: ChildProcess | undefined;
  return {
    get pid() {
      return child?.pid ?? 0;
    },
    async start() {
      // setpriv: the kernel kills it when this process dies, by whatever.
      const started = spawn('setpriv', ['--pdeathsig', 'KILL', mosquitto, '-c', settings], { stdio: 'ignore' });
      child = started;
      let failure: Error | undefined;
      started.once('error', (error) => {
        failure = new Error(`This test needs the Debian package mosquitto (${error.message}).`);
      });
      while (!(await answers(port))) {
        if (failure) throw failure;
        assert.equal(started.exitCode, null, 'mosquitto ended; is the Debian package mosquitto installed?');
        await sleep(50);
      }
    },
    async stop() {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGTERM');
      await ended;
    },
  };
}

describe('a federation over an MQTT broker', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'fl-tinyml-broker-'));
  const running: NodeRedProcess[] = [];
  let broker: Broker | undefined;
  afterEach(async () => {
    await Promise.all(running.splice(0).map((nodeRed) => nodeRed.stop()));
    await broker?.stop();
    broker = undefined;
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('learns with signed updates, and goes on after the broker was away in the middle of a round', async () => {
    const port = await freePort();
    const keys = makeKeys();
    const mine = brokerOn(port, folder);
    broker = mine;
    await mine.start();

    const metrics: Record<string, unknown>[] = [];
    const evaluations: Record<string, unknown>[] = [];
    const errors: unknown[] = [];
    let restarted: Promise<void> | undefined;
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let doneWhenAway: unknown[] = [];
    const restart = async () => {
      await mine.stop();
      doneWhenAway = metrics.map(({ round }) => round);
      // Time to notice that it is gone.
      await sleep(1500);
      await mine.start();
    };
    const atAggregator = ({ topic, payload }: Report) => {
      if (topic === 'error') errors.push(payload.message);
      else if (topic === 'fl/metrics') metrics.push(payload);
      else evaluations.push(payload);
      if (topic === 'fl/evaluation' && payload.round === rounds) finish();
    };
    const atPlants = ({ topic, payload }: Report) => {
      if (topic === 'error') errors.push(payload.message);
      if (topic === 'cut') restarted ??= restart();
    };
    const launch = async (version: 4 | 5, onReport: (report: Report) => void, side: FlowNode[]) => {
      const nodeRed = await launchNodeRed({ version, onReport: (value) => onReport(value as Report) });
      running.push(nodeRed);
      await nodeRed.deploy(side);
      return nodeRed;
    };
    const plants = plantSide(port, keys);
    cutTheBroker(plants, mine.pid);
    const gateway = await launch(5, atPlants, plants);
    const server = await launch(4, atAggregator, aggregatorSide(port, keys));
    const late = sleep(160_000, 'late', { ref: false });
    const told = () =>
      JSON.stringify({ metrics, errors, gateway: gateway.log().slice(-10), server: server.log().slice(-10) });
    assert.notEqual(await Promise.race([finished, gateway.exited, server.exited, late]), 'late', told());
    await restarted;

    assert.ok(restarted, 'the broker was never restarted');
    assert.ok(!doneWhenAway.includes(cutRound), `round ${cutRound} was over when the broker went: ${doneWhenAway}`);
    assert.deepEqual(errors, []);
    const good = metrics.filter((round) => round.void === undefined && round.round !== 0);
    assert.deepEqual(
      good.map(({ round }) => round),
      Array.from({ length: rounds }, (_, i) => i + 1),
    );
    for (const { updates } of good) assert.ok(Number(updates) >= 2 && Number(updates) <= 3, `${updates} updates`);
    const { averagePrecision } = evaluations[evaluations.length - 1] as { averagePrecision: number };
    assert.ok(averagePrecision > 0.8, `average precision ${averagePrecision}`);
  });

  it('opens signed sums of masked updates, and no update alone', async () => {
    const port = await freePort();
    const keys = makeKeys();
    broker = brokerOn(port, folder);
    await broker.start();
    const metrics: Record<string, unknown>[] = [];
    const errors: unknown[] = [];
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const launch = async (version: 4 | 5, side: typeof plantSide) => {
      const onReport = (value: unknown): void => {
        const { topic, payload } = value as Report;
        if (topic === 'error') errors.push(payload.message);
        if (topic === 'fl/metrics') metrics.push(payload);
        if (topic === 'fl/metrics' && payload.round === maskedRounds) finish();
      };
      const nodeRed = await launchNodeRed({ version, onReport });
      running.push(nodeRed);
      await nodeRed.deploy(side(port, keys));
      return nodeRed;
    };
    const gateway = await launch(5, maskedPlants);
    const server = await launch(4, maskedAggregator);
    const late = sleep(160_000, 'late', { ref: false });
    assert.notEqual(
      await Promise.race([finished, gateway.exited, server.exited, late]),
      'late',
      JSON.stringify({ metrics, errors, gateway: gateway.log().slice(-10), server: server.log().slice(-10) }),
    );
    assert.deepEqual(errors, []);
    const done = metrics.filter(({ round }) => round !== 0);
    assert.deepEqual(
      done.map(({ round, secure, loss }) => [round, secure, loss]),
      Array.from({ length: maskedRounds }, (_, i) => [i + 1, { masked: 3, dropped: 0 }, undefined]),
    );
  });
});
