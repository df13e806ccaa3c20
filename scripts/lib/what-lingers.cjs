// Loaded into the tests: on SIGUSR2 says what keeps the process alive, for who must find the test that left it behind.
const { getActiveResourcesInfo } = process;

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
  console.log(`Still open: ${getActiveResourcesInfo().join(', ') || 'nothing'}`);
  // The only list that names them; it may go with a later Node.
  for (const handle of process._getActiveHandles?.() ?? []) console.log(`  ${described(handle)}`);
});
