// Loaded into the tests: on SIGUSR2 says what keeps the process alive, for who must find the test that left it behind.
const threads = require('node:worker_threads');

/** Threads that have not ended: what they run, and who started them. */
const running = new Map();
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(file, options) {
    super(file, options);
    const from = new Error().stack.split('\n').slice(2, 8).join('\n');
    running.set(this, `thread of ${file}, started\n${from}`);
    this.once('exit', () => running.delete(this));
  }
};

const described = (handle) =>
  [
    handle.constructor?.name,
    handle.spawnargs?.join(' '),
    handle.pid && `pid ${handle.pid}`,
    handle.fd !== undefined && `fd ${handle.fd}`,
    handle.path,
    handle.remotePort && `to port ${handle.remotePort}`,
    typeof handle.address === 'function' && JSON.stringify(handle.address()),
  ]
    .filter(Boolean)
    .join(', ');

process.on('SIGUSR2', () => {
  console.log(`Still open: ${process.getActiveResourcesInfo().join(', ') || 'nothing'}`);
  // The only list that names them; it may go with a later Node.
  for (const handle of process._getActiveHandles?.() ?? []) console.log(`  ${described(handle)}`);
  for (const words of running.values()) console.log(`  ${words}`);
});
