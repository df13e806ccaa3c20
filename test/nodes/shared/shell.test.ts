import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { RefusedError } from '../../../lib/update/message';
import { sharedResource } from '../../../nodes/shared/lease';
import { createPasses } from '../../../nodes/shared/passes';
import type { FlowMessage, FlowNode, Red } from '../../../nodes/shared/red';
import { createRefusals } from '../../../nodes/shared/refusals';
import { createShell, type Shell } from '../../../nodes/shared/shell';
import { createStatus } from '../../../nodes/shared/status';

interface Shown {
  fill?: string;
  text?: string;
}
type Close = (removed: boolean, done: () => void) => void;
type Input = (msg: FlowMessage, send: (out: unknown) => void, done: (error?: unknown) => void) => void;

/** A node that only remembers. */
class Probe {
  statuses: Shown[] = [];
  errors: unknown[] = [];
  warnings: unknown[] = [];
  input?: Input;
  close?: Close;
  on(event: string, handler: Input | Close): this {
    if (event === 'input') this.input = handler as Input;
    if (event === 'close') this.close = handler as Close;
    return this;
  }
  status(shown: Shown): void {
    this.statuses.push(shown);
  }
  error(error: unknown): void {
    this.errors.push(error);
  }
  warn(text: unknown): void {
    this.warnings.push(text);
  }
  /** The arguments of each call of done. */
  async receive(msg: FlowMessage, send: (out: unknown) => void = () => {}): Promise<unknown[]> {
    const calls: unknown[] = [];
    this.input?.(msg, send, (error) => calls.push(error));
    await sleep(5);
    return calls;
  }
}

const nodes = { eachNode: () => {} };
const RED = { events: new EventEmitter(), nodes, _: (key: string) => key } as unknown as Red;

describe('the shell of a node', () => {
  let probe: Probe;
  let shell: Shell;
  beforeEach(() => {
    probe = new Probe();
    shell = createShell(RED, probe as unknown as FlowNode);
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => probe.close?.(true, resolve));
  });

  it('declares three parameters, so that Node-RED waits for done', () => {
    shell.onInput(() => {});
    assert.equal(probe.input?.length, 3);
    assert.equal(probe.close?.length, 2);
  });

  const paths: [string, () => void | Promise<void>, string | undefined][] = [
    ['returns', () => {}, undefined],
    ['resolves', async () => sleep(1), undefined],
    [
      'throws',
      () => {
        throw new Error('Mend this.');
      },
      'Mend this.',
    ],
    ['rejects', () => Promise.reject(new RefusedError('bad', 'Mend that.')), 'Mend that.'],
    ['rejects with nothing at all', () => Promise.reject(undefined), 'undefined'],
    ['rejects with what has no text', () => Promise.reject(Object.create(null)), 'An error without a text was thrown.'],
  ];
  for (const [what, handler, sentence] of paths) {
    it(`calls done once when the handler ${what}`, async () => {
      shell.onInput(handler);
      const calls = await probe.receive({});
      assert.equal(calls.length, 1);
      assert.equal(calls[0] === undefined ? undefined : String(calls[0]), sentence);
    });
  }

  it('survives a done that throws, as for a message with a hasOwnProperty of its own', async () => {
    shell.onInput(() => Promise.reject(new RefusedError('bad', 'Mend it.')));
    probe.input?.(
      {},
      () => {},
      () => {
        throw new TypeError('msg.hasOwnProperty is not a function');
      },
    );
    await sleep(5);
    assert.equal(probe.warnings.length, 1);
  });

  it('counts every refusal by code, and reports only some of a flood', async () => {
    shell.onInput(() => Promise.reject(new RefusedError('spam', 'No.')));
    let reported = 0;
    for (let i = 0; i < 100; i++)
      probe.input?.(
        {},
        () => {},
        (error) => (reported += error === undefined ? 0 : 1),
      );
    await sleep(20);
    assert.deepEqual(shell.refusals.counts(), { spam: 100 });
    assert.ok(reported > 0 && reported < 30, `${reported}`);
  });

  it('ends what is under way when the node closes, and sends no more', async () => {
    let sent = 0;
    let ran = false;
    shell.onInput(async (_msg, send) => {
      await sleep(30);
      send({});
    });
    shell.after(20, () => {
      ran = true;
    });
    probe.input?.(
      {},
      () => sent++,
      () => {},
    );
    shell.onClose(() => new Promise(() => {}));
    const closed = new Promise<string>((resolve) => probe.close?.(false, () => resolve('closed')));
    // Both are timers of this process: on a busy machine they are late in the same order.
    assert.equal(await Promise.race([closed, sleep(1500, 'late')]), 'closed');
    assert.ok(shell.closing.aborted);
    await sleep(60);
    assert.deepEqual([sent, ran], [0, false]);
  });

  it('waits for the end of the deploy, and reports what fails then for good', async () => {
    shell.whenStarted(() => Promise.reject(new RefusedError('no-model', 'Choose a model.')));
    await sleep(5);
    assert.equal(probe.errors.length, 0);
    RED.events.emit('flows:started');
    await sleep(5);
    assert.equal(String(probe.errors[0]), 'Choose a model.');
    assert.deepEqual(probe.statuses.at(-1), { fill: 'red', shape: 'ring', text: 'no model' });
  });

  it('says what to do about a full disk, not how the system calls it', async () => {
    shell.whenStarted(() =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })),
    );
    RED.events.emit('flows:started');
    await sleep(5);
    assert.match(String(probe.errors[0]), /disk is full.*make room/);
    assert.deepEqual(probe.statuses.at(-1), { fill: 'red', shape: 'ring', text: 'disk full' });
  });
});

describe('the status of a node', () => {
  it('shows the first and the last of many changes, four a second at most', async () => {
    const probe = new Probe();
    const status = createStatus(RED, probe as unknown as FlowNode);
    const begun = performance.now();
    for (let i = 0; i < 200; i++) {
      status.working(`step ${i}`);
      await sleep(4);
    }
    const during = probe.statuses.length;
    const seconds = (performance.now() - begun) / 1000;
    await sleep(300);
    // The first at once.
    assert.ok(during <= 2 + 4 * seconds, `${during} updates in ${seconds.toFixed(1)} s`);
    assert.equal(probe.statuses.at(-1)?.text, 'step 199');
    status.close();
  });

  it('cuts what is too long', () => {
    const probe = new Probe();
    createStatus(RED, probe as unknown as FlowNode).ready('a text that is far too long');
    assert.equal(probe.statuses[0].text, 'a text that is far…');
  });
});

describe('refusals', () => {
  it('are reported again after a while', () => {
    let now = 0;
    const refusals = createRefusals(() => now);
    const first = Array.from({ length: 30 }, () => refusals.count({ code: 'x', message: 'It was x.' })).filter(
      Boolean,
    ).length;
    now = 60_000;
    assert.ok(first < 30);
    assert.ok(refusals.count({ code: 'x', message: 'It was x.' }));
    assert.equal(refusals.total(), 31);
  });
});

describe('a shared resource', () => {
  it('is opened once, kept over a redeploy, and closed after the last holder', async () => {
    const log: string[] = [];
    const lease = sharedResource(
      () => log.push('open'),
      () => {
        log.push('close');
      },
    );
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const one = lease(RED, first.signal);
    const two = lease(RED, second.signal);
    assert.equal(await one.get(), await two.get());
    first.abort();
    second.abort();
    second.abort();
    const three = lease(RED, third.signal);
    await three.get();
    assert.deepEqual(log, ['open']);
    third.abort();
    await sleep(2300);
    assert.deepEqual(log, ['open', 'close']);
    await assert.rejects(three.get());
  });

  it('is not kept open by a node that closed before it had taken its lease', async () => {
    const log: string[] = [];
    const lease = sharedResource(
      () => log.push('open'),
      () => {
        log.push('close');
      },
    );
    const holder = new AbortController();
    await lease(RED, holder.signal).get();
    const late = lease(RED, AbortSignal.abort());
    await assert.rejects(late.get(), /was closed/);
    holder.abort();
    await sleep(2300);
    assert.deepEqual(log, ['open', 'close']);
  });

  it('is tried again when it could not be opened', async () => {
    let tries = 0;
    const lease = sharedResource(
      () => {
        if (++tries === 1) throw new Error('not yet');
        return tries;
      },
      () => {},
    );
    const node = new AbortController();
    const one = lease(RED, node.signal);
    await assert.rejects(one.get(), /not yet/);
    assert.equal(await one.get(), 2);
    node.abort();
  });
});

describe('passes over a data set', () => {
  const block = (source: string, first = false) => ({ source, ...(first ? { first } : {}) });

  it('replace what the same data set gave before', () => {
    const passes = createPasses(['a']);
    assert.equal(passes.admit(block('a', true), true), 'replace');
    assert.equal(passes.admit(block('a'), true), 'take');
  });

  it('never take away what others gave', () => {
    const passes = createPasses();
    assert.equal(passes.admit(block('a', true), false), 'take');
    assert.equal(passes.admit(undefined, true), 'take');
    assert.equal(passes.admit(block('a', true), true), 'skip');
    assert.equal(passes.admit(block('a'), true), 'skip');
    assert.equal(passes.admit(undefined, true), 'take');
    assert.equal(passes.admit(block('b', true), true), 'take');
  });
});
