/** A program of build/firmware/ that runs in QEMU until it ends by itself. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../../scripts/lib/node-red-process';
import type { Compiler } from './qemu-board';

export interface ProgramEnd {
  code: number | null;
  /** What it has written. */
  text: string;
}

export function runProgram(program: string, compiler: Compiler, options: string[] = []): ProgramEnd {
  const elf = join(repositoryRoot, 'build/firmware', `${program}-${compiler}.elf`);
  const machine = ['-M', 'mps2-an386', '-nodefaults', '-display', 'none', '-monitor', 'none'];
  const { status, stderr } = spawnSync(
    'qemu-system-arm',
    [...machine, '-semihosting-config', 'enable=on,target=native', '-kernel', elf, ...options],
    { encoding: 'utf8', timeout: 280_000 },
  );
  return {
    code: status,
    text: stderr
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('qemu-system-arm: warning'))
      .join('\n'),
  };
}
