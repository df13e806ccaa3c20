/** A board in QEMU: its serial port is a pty of the system. It ends when this process ends, however that ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/lib/node-red-process';

export const compilers = ['gcc', 'clang'] as const;
export type Compiler = (typeof compilers)[number];

export interface QemuOptions {
  compiler: Compiler;
  /** 32 hexadecimal digits. */
  id: string;
  /** Where the port is found in every life of the board: a symbolic link to the pty. */
  link?: string;
}

export interface QemuBoard {
  readonly pid: number;
  /** The link when one was asked for, else the pty. */
  readonly path: string;
  readonly pty: string;
  /** As the reset button does. What the flash holds stays. */
  pressReset(): Promise<void>;
  /** Stops the processor; the port stays, and what is sent to it waits. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** What its memory holds now. */
  memory(address: number, bytes: number): Promise<Buffer>;
  /** SIGKILL: the port goes. The next life has an empty flash. */
  kill(): Promise<void>;
  /** 0, or 1 after a crash of the firmware; null: killed. */
  readonly exited: Promise<number | null>;
}

const elf = (compiler: Compiler): string => join(repositoryRoot, 'build/firmware', `board-${compiler}.elf`);

/** Each life of a board has another boot number. */
let lives = 0;
const bootOf = (): string => ((Date.now() & 0xffff) * 0x10000 + (lives++ % 256) * 256).toString(16).padStart(8, '0');

/** Speaks QMP over a child's stdin and stdout: one command at a time is answered by one `return`. */
function qmp(child: ChildProcess) {
  const waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  let rest = '';
  let ended = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('{')) continue;
      const said = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
      if (said.return !== undefined) waiting.shift()?.resolve(said.return);
      else if (said.error) waiting.shift()?.reject(new Error(said.error.desc));
    }
  });
  child.stdin?.on('error', () => {}); // 'exit' tells of it
  child.once('close', () => {
    ended = true;
    for (const { reject } of waiting.splice(0)) reject(new Error('QEMU has ended.'));
  });
  return (command: string, options?: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(new Error('QEMU has ended.'));
      waiting.push({ resolve, reject });
      child.stdin?.write(`${JSON.stringify({ execute: command, arguments: options })}\n`);
    });
}

export async function startQemu({ compiler, id, link }: QemuOptions): Promise<QemuBoard> {
  const machine = ['-M', 'mps2-an386', '-nodefaults', '-display', 'none', '-monitor', 'none', '-qmp', 'stdio'];
  const port = ['-chardev', 'pty,id=port', '-serial', 'chardev:port'];
  const says = ['-semihosting-config', `enable=on,target=native,arg=${id},arg=${bootOf()}`];
  // setpriv: the kernel kills it when this process dies, by whatever.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'qemu-system-arm', ...machine, ...port, ...says, '-kernel', elf(compiler)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
    if (/crashed/.test(text)) process.stderr.write(`${id}: ${text}`);
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  const ask = qmp(child);
  const opened = async (): Promise<string> => {
    await ask('qmp_capabilities');
    const devices = (await ask('query-chardev')) as { label: string; filename: string }[];
    const found = devices.find(({ label }) => label === 'port')?.filename.replace(/^pty:/, '');
    if (!found) throw new Error('It has no port.');
    return found;
  };
  const pty = await opened().catch((error: Error) => {
    child.kill('SIGKILL');
    throw new Error(`QEMU does not start: ${error.message} ${complaints}`);
  });
  if (link) {
    rmSync(link, { force: true });
    symlinkSync(pty, link);
  }
  return {
    pid: child.pid ?? 0,
    path: link ?? pty,
    pty,
    pressReset: async () => void (await ask('system_reset')),
    freeze: async () => void (await ask('stop')),
    thaw: async () => void (await ask('cont')),
    async memory(address, bytes) {
      const { folder, remove } = linkFolder();
      const file = join(folder, 'memory');
      try {
        await ask('pmemsave', { val: address, size: bytes, filename: file });
        return readFileSync(file);
      } finally {
        remove();
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
      if (link && existsSync(link)) unlinkSync(link);
    },
    exited,
  };
}

/** A directory for the links of a test's boards, and what takes it away. */
export function linkFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'fl-boards-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
