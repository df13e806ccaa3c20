// Runs cells in several processes and gives their figures in the order of the cells, however fast each was.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openKept } from './kept.mjs';

const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** onDone(done, all) after each cell. A cell that fails is given as { failed }, and not kept. */
export async function runCells(cells, { processes, fresh, onDone }) {
  const kept = openKept();
  const figures = cells.map(({ settings }) => (fresh ? undefined : kept.get(settings)));
  const todo = [...cells.keys()].filter((i) => figures[i] === undefined);
  let done = cells.length - todo.length;
  onDone?.(done, cells.length);
  await Promise.all(
    Array.from({ length: Math.min(processes, todo.length) }, async () => {
      const child = fork(worker, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      try {
        for (let i = todo.shift(); i !== undefined; i = todo.shift()) {
          const { settings } = cells[i];
          const answer = new Promise((resolve, reject) => {
            child.once('message', resolve);
            child.once('exit', (code) => reject(new Error(`A process of the experiment ended with ${code}.`)));
          });
          child.send({ id: i, settings });
          const { figures: found, failed } = await answer;
          child.removeAllListeners('exit');
          figures[i] = found ?? { failed };
          if (found) kept.put(settings, found);
          onDone?.(++done, cells.length);
        }
      } finally {
        child.kill();
      }
    }),
  );
  return figures;
}
