// node scripts/virtual-board.mjs [path] [name]: a virtual board behind a pseudo-terminal, for whoever wants to walk the whole
// serial path without hardware. npm alone gives no pseudo-terminal: Debian's `socat` makes it.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const load = createRequire(import.meta.url);
const { virtualBoard } = load(join(root, 'dist/lib/board/virtual/virtual-board.js'));
const { lineStream } = load(join(root, 'dist/lib/board/virtual/line-stream.js'));

const [path = 'virtual-board', name = path] = process.argv.slice(2);
const board = virtualBoard({ name });
const stream = await lineStream(board.openLine);
const pty = spawn('socat', ['-', `PTY,raw,echo=0,link=${path},ignoreeof`], { stdio: ['pipe', 'pipe', 'inherit'] });

const end = async (code) => {
  process.exitCode = code;
  pty.kill();
  stream.destroy();
  await board.close();
};
pty.on('error', (error) => {
  console.error(`socat could not be run (${error.message}): apt-get install socat`);
  end(1);
});
pty.on('exit', () => end(process.exitCode ?? 0));
stream.on('error', (error) => {
  console.error(error.message);
  end(1);
});
// What is written to a socat that has just gone.
pty.stdin.on('error', () => {});
stream.pipe(pty.stdin);
pty.stdout.on('data', (chunk) => stream.write(chunk));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => end(0));
pty.on('spawn', () => console.log(`A virtual board is at ${path}. Ctrl-C takes it away.`));
