// Loaded into the tests: they end with the process that started them, also when that is killed. Its pipe to our stdin closes then.
const { isMainThread } = require('node:worker_threads');

// Threads load it as well; their stdin is another one.
if (isMainThread) {
  process.stdin.once('close', () => process.exit(1)).resume();
  process.stdin.unref();
}
