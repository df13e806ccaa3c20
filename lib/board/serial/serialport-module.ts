/** The optional dependency `serialport`, loaded when the first port is wanted: without it all but a real port works. */
import { RefusedError } from '../../refused';

/** As much of a SerialPort as is used here. */
export interface Port {
  open(done: (error: Error | null) => void): void;
  write(bytes: Uint8Array): unknown;
  close(done: (error: Error | null) => void): void;
  set(flags: { dtr: boolean; rts: boolean }, done: (error: Error | null) => void): void;
  on(event: 'data', call: (chunk: Uint8Array) => void): unknown;
  on(event: 'close' | 'error', call: (error?: Error | null) => void): unknown;
  removeAllListeners(): unknown;
}

export interface SerialportModule {
  SerialPort: {
    new (options: { path: string; baudRate: number; autoOpen: false }): Port;
    list(): Promise<unknown[]>;
  };
}

/** Throws RefusedError 'no-serialport'. */
export function loadSerialport(load: () => unknown = () => require('serialport')): SerialportModule {
  try {
    const found = load() as Partial<SerialportModule> | undefined;
    if (typeof found?.SerialPort !== 'function') throw new Error('it has no SerialPort');
    return found as SerialportModule;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
    const why = error instanceof Error ? error.message.split('\n')[0].slice(0, 120) : String(error);
    throw new RefusedError(
      'no-serialport',
      missing
        ? 'Serial ports need the module "serialport", which is not installed: run npm install serialport in the user directory.'
        : `The module "serialport" does not work here (${why}): install it again; a virtual board works without it.`,
    );
  }
}
