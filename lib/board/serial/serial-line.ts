/**
 * A serial port as a line to a board. A new port is opened for each connection; what serialport does not tell (a board that
 * was pulled out may stay "open") the session notices. When the board that is wanted is not on its port any more, ports on
 * which it may be now are tried.
 */
import { existsSync } from 'node:fs';
import { RefusedError } from '../../refused';
import type { Line, LineEvents, OpenLine } from '../board';
import { leasePort, userOf } from './port-lease';
import { ARDUINO, isBridge, listPorts, type SerialPortInfo } from './serial-ports';
import { loadSerialport, type Port, type SerialportModule } from './serialport-module';

export interface SerialLineOptions {
  path: string;
  /** Bits a second; default 115,200. Boards with USB of their own do not mind. */
  baudRate?: number;
  /** Who has the port, for others that want it; default the path. */
  name?: string;
  /** The module; absent: `serialport`. */
  load?(): SerialportModule;
}

const BITS_A_BYTE = 10;
/** With this rate boards of Arduino go to their bootloader. */
const TO_BOOTLOADER = 1200;
/** A port that does not say that it is closed is left to itself. */
const CLOSING_MS = 1000;

function refusalOf(path: string, error: unknown): RefusedError {
  const message = error instanceof Error ? error.message : String(error);
  if (/permission|access denied|EACCES/i.test(message)) {
    return new RefusedError('no-port', `${path} may not be opened: add the user of Node-RED to the group dialout.`);
  }
  if (/lock|busy/i.test(message)) {
    return new RefusedError('no-port', `${path} is used by another program: close its serial monitor.`);
  }
  if (/no such|cannot find|not found|ENOENT|does not exist/i.test(message)) {
    return new RefusedError('no-port', `There is no port ${path}: plug the board in, or choose another port.`);
  }
  return new RefusedError('no-port', `${path} cannot be opened (${message.slice(0, 120)}).`);
}

const opened = (port: Port): Promise<void> =>
  new Promise((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));

function closePort(port: Port): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSING_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    try {
      port.close(done);
    } catch {
      done();
    }
  });
}

interface Place {
  path: string;
  info?: SerialPortInfo;
  guess: boolean;
}

export function serialLine(options: SerialLineOptions): OpenLine {
  const { path, baudRate = 115_200, name = path, load = loadSerialport } = options;
  if (!Number.isInteger(baudRate) || baudRate <= TO_BOOTLOADER) {
    throw new RefusedError('bad-setting', 'The baud rate must be a whole number above 1200: choose 115200.');
  }
  /** What was behind the port when the board was there. */
  let usual: SerialPortInfo | undefined;
  /** How often another board was found. */
  let mistakes = 0;

  const open = async (module: SerialportModule, place: Place, events: LineEvents): Promise<Line> => {
    const release = leasePort(place.path, name);
    const port = new module.SerialPort({ path: place.path, baudRate, autoOpen: false });
    let live = true;
    const end = (reason: string): void => {
      if (!live) return;
      live = false;
      release();
      events.closed(reason);
    };
    // Before opening: an error without a listener would end the process.
    port.on('error', (error) => end(`${place.path} failed: ${error?.message ?? 'no reason given'}.`));
    port.on('close', () => end(`${place.path} was closed: the board was pulled out or started anew.`));
    port.on('data', (chunk) => live && events.bytes(chunk));
    try {
      await opened(port);
    } catch (error) {
      live = false;
      release();
      throw refusalOf(place.path, error);
    }
    // A pty has no such lines.
    port.set({ dtr: true, rts: true }, () => {});
    return {
      bytesPerSecond: place.info && isBridge(place.info) ? baudRate / BITS_A_BYTE : undefined,
      guess: place.guess,
      mistaken() {
        mistakes += 1;
      },
      write(bytes) {
        // What is written to a closed port would be sent when it is opened again.
        if (live) port.write(bytes);
      },
      async close() {
        const was = live;
        live = false;
        if (was) await closePort(port);
        release();
      },
    };
  };

  /** Where the board may be: its own port first, then those that look like it. */
  const placesOf = async (wanted: string | undefined): Promise<Place[]> => {
    const ports = await listPorts(load);
    const own = ports.find((port) => port.path === path || port.stablePath === path);
    const first: Place = { path, info: own, guess: false };
    // A pty is not listed, and there all the same.
    const there = own !== undefined || existsSync(path);
    if (wanted === undefined || (there && mistakes === 0)) {
      usual ??= own;
      return [first];
    }
    const alike = (port: SerialPortInfo): number => {
      if (usual?.serialNumber !== undefined && port.serialNumber === usual.serialNumber) return 3;
      // Nothing but a board of the same kind is opened by guess: other machines do not like it.
      if (usual?.vendorId !== undefined && port.vendorId === usual.vendorId && port.productId === usual.productId)
        return 2;
      return port.vendorId === ARDUINO ? 1 : 0;
    };
    const others = ports
      .filter((port) => port !== own && alike(port) > 0 && userOf(port.path) === undefined)
      .sort((a, b) => alike(b) - alike(a))
      .map((info): Place => ({ path: info.path, info, guess: true }));
    return there || others.length === 0 ? [first, ...others] : others;
  };

  return async (events, wanted) => {
    const module = load();
    const places = await placesOf(wanted);
    return open(module, places[mistakes % places.length], events);
  };
}
