/** One task after the other, however they come: what a task sends may be answered at once, and the answer waits its turn. */
export interface TaskQueue {
  enqueue(task: () => void): void;
  /** Begins; until then tasks wait. */
  start(): void;
  /** What is waiting is dropped, and nothing is taken any more. */
  close(): void;
}

/** `run` runs one task; `idle` is called when none is left. Neither may throw. */
export function createTaskQueue(run: (task: () => void) => void, idle: () => void): TaskQueue {
  const queue: (() => void)[] = [];
  let closed = false;
  /** True until the start, too. */
  let draining = true;
  const drain = (): void => {
    draining = true;
    for (let next = queue.shift(); next && !closed; next = queue.shift()) run(next);
    draining = false;
    if (!closed) idle();
  };
  return {
    enqueue(task) {
      if (closed) return;
      queue.push(task);
      if (!draining) drain();
    },
    start: drain,
    close() {
      closed = true;
    },
  };
}
