import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPortMock } from 'serialport';
import type { BoardState, Line, LineEvents, OpenLine } from '../../../../lib/board/board';
import { createBoard } from '../../../../lib/board/create-board';
import { serialLine } from '../../../../lib/board/serial/serial-line';
import { listPorts } from '../../../../lib/board/serial/serial-ports';
import { loadSerialport, type SerialportModule } from '../../../../lib/board/serial/serialport-module';
import { systemClock } from '../../../../lib/federation/clock';
import { RefusedError } from '../../../../lib/refused';
import { type PaperBoard, paperBoard } from '../paper-board';

const { binding } = SerialPortMock;
const A = 'aa'.repeat(16);
const B = 'bb'.repeat(16);

/** Boards behind mock ports: what is written to a port reaches the board that is plugged in there. */
class MockPort extends SerialPortMock {
  static readonly boards = new Map<string, (write: (bytes: Uint8Array) => void) => PaperBoard>();
  static readonly open = new Map<string, MockPort>();

  constructor(options: { path: string; baudRate: number; autoOpen: false }) {
    super(options);
    this.on('open', () => {
      MockPort.open.set(this.path, this);
      const { port } = this;
      const make = MockPort.boards.get(this.path);
      if (!port || !make) return;
      const board = make((bytes) => port.isOpen && port.emitData(Buffer.from(bytes)));
      const write = port.write.bind(port);
      port.write = async (bytes) => {
        await write(bytes);
        board.receive(bytes);
      };
    });
  }
}
const load = (): SerialportModule => ({ SerialPort: MockPort as unknown as SerialportModule['SerialPort'] });

function plug(path: string, id: string, vendorId?: string): void {
  binding.createPort(path, { vendorId, productId: '805a' });
  MockPort.boards.set(path, (write) =>
    paperBoard({ clock: systemClock, write, welcome: { id, name: id.slice(0, 2) }, onMessage() {} }),
  );
}

const events = (heard: Partial<LineEvents> = {}): LineEvents => ({ bytes() {}, closed() {}, ...heard });
const code = async (line: Promise<unknown>): Promise<string> =>
  line.then(
    () => 'opened',
    (error: unknown) => (error instanceof RefusedError ? error.code : String(error)),
  );

function ready(openLine: OpenLine, id?: string): Promise<{ id: string; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const onState = (state: BoardState): void => {
      if (state.state === 'ready') resolve({ id: state.identity.id, close: () => board.close() });
      if (state.state === 'refused' && state.code !== 'other-board') reject(new Error(state.reason));
    };
    const board = createBoard({ openLine, id, onState });
  });
}

describe('a serial line', () => {
  beforeEach(() => {
    binding.reset();
    MockPort.boards.clear();
    MockPort.open.clear();
  });

  it('carries a board through the streams of serialport', async () => {
    plug('/dev/ttyMOCK0', A);
    const board = await ready(serialLine({ path: '/dev/ttyMOCK0', load }));
    assert.equal(board.id, A);
    await board.close();
    assert.equal(MockPort.open.get('/dev/ttyMOCK0')?.isOpen, false);
  });

  it('is for one user at a time, and names the first to the second', async () => {
    plug('/dev/ttyMOCK0', A);
    const first = await serialLine({ path: '/dev/ttyMOCK0', name: 'bench board', load })(events(), undefined);
    const second = serialLine({ path: '/dev/ttyMOCK0', name: 'garden', load });
    await assert.rejects(second(events(), undefined), { code: 'port-shared', message: /"bench board"/ });
    await first.close();
    const line = await second(events(), undefined);
    await line.close();
  });

  it('tells once that it was closed, and drops what is written after it', async () => {
    plug('/dev/ttyMOCK0', A);
    const reasons: string[] = [];
    const open = serialLine({ path: '/dev/ttyMOCK0', load });
    const line: Line = await open(events({ closed: (reason) => reasons.push(reason) }), undefined);
    const port = MockPort.open.get('/dev/ttyMOCK0');
    port?.emit('error', new Error('write EIO'));
    port?.emit('close', new Error('gone'));
    port?.emit('close', new Error('gone'));
    assert.equal(reasons.length, 1);
    assert.match(reasons[0], /write EIO/);
    line.write(Buffer.from('lost'));
    await line.close();
    port?.close();
    // The port is free for the next connection.
    await new Promise((resolve) => setTimeout(resolve, 10));
    await (await open(events(), undefined)).close();
  });

  it('says what to do when there is no port, and no module', async () => {
    assert.equal(await code(serialLine({ path: '/dev/nowhere', load })(events(), undefined)), 'no-port');
    const missing = Object.assign(new Error("Cannot find module 'serialport'"), { code: 'MODULE_NOT_FOUND' });
    const absent = (): SerialportModule =>
      loadSerialport(() => {
        throw missing;
      });
    const broken = (): SerialportModule =>
      loadSerialport(() => {
        throw new Error('invalid ELF header');
      });
    await assert.rejects(serialLine({ path: '/dev/ttyMOCK0', load: absent })(events(), undefined), {
      code: 'no-serialport',
      message: /not installed/,
    });
    await assert.rejects(listPorts(broken), { code: 'no-serialport', message: /invalid ELF header/ });
  });

  it('never opens at 1200 baud, which sends a board to its bootloader', () => {
    assert.throws(() => serialLine({ path: '/dev/ttyMOCK0', baudRate: 1200, load }), { code: 'bad-setting' });
  });

  it('finds its board again on another port', async () => {
    plug('/dev/ttyMOCK1', B, '2341');
    plug('/dev/ttyMOCK2', A, '2341');
    // A board of another make is not opened by guess.
    plug('/dev/ttyMOCK3', A, '0483');
    const board = await ready(serialLine({ path: '/dev/ttyMOCK0', load }), A);
    assert.equal(board.id, A);
    assert.equal(MockPort.open.has('/dev/ttyMOCK3'), false);
    await board.close();
  });

  it('finds its board again when another one has its port', async () => {
    plug('/dev/ttyMOCK0', B, '2341');
    plug('/dev/ttyMOCK1', A, '2341');
    const board = await ready(serialLine({ path: '/dev/ttyMOCK0', load }), A);
    assert.equal(board.id, A);
    await board.close();
  });
});

describe('the list of serial ports', () => {
  let dev: string;
  beforeEach(async () => {
    binding.reset();
    dev = await mkdtemp(join(tmpdir(), 'fl-dev-'));
  });
  afterEach(() => rm(dev, { recursive: true, force: true }));

  it('has boards first, USB before what is soldered in, with the name that stays', async () => {
    binding.createPort('/dev/ttyS0', { manufacturer: undefined });
    binding.createPort('/dev/ttyUSB0', { vendorId: '1A86', productId: '7523' });
    binding.createPort(join(dev, 'ttyACM10'), { vendorId: '2341', productId: '805a', manufacturer: 'Arduino' });
    await writeFile(join(dev, 'ttyACM10'), '');
    await mkdir(join(dev, 'serial/by-id'), { recursive: true });
    await symlink(join(dev, 'ttyACM10'), join(dev, 'serial/by-id/usb-Arduino_Nano'));
    const ports = await listPorts(load, dev);
    assert.deepEqual(
      ports.map(({ path }) => path),
      [join(dev, 'ttyACM10'), '/dev/ttyUSB0', '/dev/ttyS0'],
    );
    assert.equal(ports[0].stablePath, join(dev, 'serial/by-id/usb-Arduino_Nano'));
    assert.equal(ports[1].vendorId, '1a86');
  });

  it('has what stands in /dev where udev is missing', async () => {
    await writeFile(join(dev, 'ttyACM0'), '');
    await writeFile(join(dev, 'tty7'), '');
    const noUdev = (): SerialportModule => ({
      SerialPort: Object.assign(class {} as unknown as SerialportModule['SerialPort'], {
        list: () => Promise.reject(new Error('spawn udevadm ENOENT')),
      }),
    });
    assert.deepEqual(
      (await listPorts(noUdev, dev)).map(({ path }) => path),
      [join(dev, 'ttyACM0')],
    );
  });
});
