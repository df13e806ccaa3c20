/** The serial ports of this machine, as far as it tells. A path that is not among them may be one all the same (a pty). */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSerialport, type SerialportModule } from './serialport-module';

export interface SerialPortInfo {
  path: string;
  /** A name that stays when the board is plugged in elsewhere. */
  stablePath?: string;
  manufacturer?: string;
  /** Four hexadecimal digits in lower case, of USB. */
  vendorId?: string;
  productId?: string;
  serialNumber?: string;
}

/** USB vendors: Arduino (boards with USB of their own), and makers of USB to UART bridges, behind which a baud rate counts. */
export const ARDUINO = '2341';
const bridges = ['0403', '10c4', '1a86', '067b'];

export const isBridge = ({ vendorId }: SerialPortInfo): boolean => vendorId !== undefined && bridges.includes(vendorId);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;

function infoOf(found: unknown): SerialPortInfo[] {
  if (typeof found !== 'object' || found === null || !('path' in found)) return [];
  const { path, manufacturer, vendorId, productId, serialNumber } = found as Record<string, unknown>;
  const place = text(path);
  if (place === undefined) return [];
  return [
    {
      path: place,
      manufacturer: text(manufacturer),
      vendorId: text(vendorId)?.toLowerCase(),
      productId: text(productId)?.toLowerCase(),
      serialNumber: text(serialNumber),
    },
  ];
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** What stands in /dev, for where udev is missing: a container, a small board. */
async function ofFolder(dev: string): Promise<SerialPortInfo[]> {
  const names = await namesIn(dev);
  return names.filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name)).map((name) => ({ path: join(dev, name) }));
}

async function stableNames(dev: string): Promise<Map<string, string>> {
  const folder = join(dev, 'serial/by-id');
  const found = new Map<string, string>();
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const file = await realpath(path).catch(() => undefined);
    if (file) found.set(file, path);
  }
  return found;
}

/** Boards first. Throws RefusedError 'no-serialport'. */
export async function listPorts(
  load: () => SerialportModule = loadSerialport,
  dev = '/dev',
): Promise<SerialPortInfo[]> {
  const { SerialPort } = load();
  // It rejects where udev is missing.
  const listed = await SerialPort.list().catch(() => []);
  const ports = listed.flatMap(infoOf);
  for (const port of await ofFolder(dev)) {
    if (!ports.some(({ path }) => path === port.path)) ports.push(port);
  }
  const stable = await stableNames(dev);
  const rank = ({ vendorId }: SerialPortInfo): number => (vendorId === ARDUINO ? 0 : vendorId ? 1 : 2);
  return ports
    .map((port) => ({ ...port, stablePath: stable.get(port.path) }))
    .sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path, 'en', { numeric: true }));
}
