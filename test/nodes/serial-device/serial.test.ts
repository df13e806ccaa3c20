/** Boards behind serial ports: found again, taken for the wrong one, shared, or without the module for them. */
import assert from 'node:assert/strict';
import { type Changes, pumpFolder } from '../federation/factory';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { asBoard, boardFlow, boardPalette, fieldsOf } from './boards';
import { type FakeSerialport, fakeSerialport } from './fake-serialport';

const A = 'aa'.repeat(16);
const B = 'bb'.repeat(16);
const PORT = '/dev/ttyFAKE0';
const sentence = ({ error }: Received): string => (error as { message: string }).message;

describe('fl-serial-device on a serial port', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let ports: FakeSerialport;
  let runtime: Runtime;
  beforeEach(() => {
    ports = fakeSerialport();
  });
  afterEach(async () => {
    await runtime.close();
    await ports.close();
  });
  const onPort = (changes = {}) => asBoard({ board: 'serial', port: PORT, ...changes });
  const run = async (changes: Changes, userDir?: string): Promise<void> => {
    runtime = await startRuntime(
      boardPalette,
      boardFlow({ ...changes, dataset: { file: `${pumps.folder}/pumps.csv`, ...changes.dataset } }),
      userDir,
    );
  };
  const restart = async (changes: Changes): Promise<void> => {
    const { userDir } = runtime;
    await runtime.stop();
    await run(changes, userDir);
  };
  const says = (text: string, node = 'north-client') => runtime.statusIs(node, (status) => status.text === text);

  it('finds its board again by its id, on whatever port it comes back', async () => {
    ports.plug(PORT, A);
    await run({ north: onPort(), aggregator: { quorum: '1', rounds: '0', pause: '0.2' } });
    await runtime.next('metrics', (msg) => fieldsOf(msg).updates === 2);
    ports.pull(PORT);
    await says('board is away');
    ports.plug('/dev/ttyFAKE1', A);
    await says('161 samples');
    runtime.forget();
    await runtime.next('metrics', (msg) => fieldsOf(msg).updates === 2);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('notices another board on its port, until it is told to accept it', async () => {
    const changes: Changes = { dataset: { start: 'message' }, north: onPort(), aggregator: { start: 'message' } };
    ports.plug(PORT, A);
    await run(changes);
    await says('0/16 samples');
    await runtime.stop();
    ports.pull(PORT);
    ports.plug(PORT, B);
    await restart(changes);
    assert.match(sentence(await runtime.next('caught')), /Another board/);
    await says('another board');
    runtime.send('north-client', { topic: 'accept-board' });
    await says('0/16 samples');
    await restart(changes);
    await says('0/16 samples');
    ports.pull(PORT);
    ports.plug(PORT, A);
    await says('another board');
  });

  it('takes only the board that its settings name', async () => {
    ports.plug(PORT, A);
    await run({ dataset: { start: 'message' }, north: onPort({ boardId: B }) });
    await says('another board');
    runtime.send('north-client', { topic: 'accept-board' });
    await runtime.next('caught', (msg) => /stands in the settings/.test(sentence(msg)));
  });

  it('lets two nodes of one port not both have it, and names the first to the second', async () => {
    ports.plug(PORT, A);
    const changes: Changes = { dataset: { start: 'message' }, north: onPort(), south: onPort() };
    await run(changes);
    const caught = sentence(await runtime.next('caught'));
    const [first, second] = /"north"/.test(caught) ? ['north', 'south'] : ['south', 'north'];
    assert.match(caught, /is used by "(north|south)"/);
    await says(`used by ${first}`, `${second}-client`);
    await says('0/16 samples', `${first}-client`);
  });

  it('says that there is no serial support; a virtual board works beside it', async () => {
    ports.break();
    await run({ dataset: { start: 'message' }, north: onPort(), south: asBoard() });
    assert.match(sentence(await runtime.next('caught')), /"serialport" does not work here/);
    const status = await says('no serial support');
    assert.deepEqual([status.fill, status.shape], ['red', 'ring']);
    await says('0/16 samples', 'south-client');
  });
});
