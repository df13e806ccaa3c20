import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type FlowNode, request } from '../../scripts/lib/admin-api';
import { launchNodeRed, type NodeRedVersion } from '../../scripts/lib/node-red-process';

const reporter: FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'reports' },
  {
    id: 'inject',
    type: 'inject',
    z: 'tab',
    x: 100,
    y: 100,
    once: true,
    onceDelay: '0.1',
    props: [{ p: 'payload' }],
    payload: '42',
    payloadType: 'num',
    wires: [['function']],
  },
  {
    id: 'function',
    type: 'function',
    z: 'tab',
    x: 100,
    y: 100,
    func: "global.get('harness').report({ answer: msg.payload, handles: global.get('harness').process.pid });",
    outputs: 0,
    wires: [],
  },
];

for (const version of [4, 5] as NodeRedVersion[]) {
  describe(`a Node-RED ${version} process`, () => {
    it('starts on a loopback port, runs a flow, reports, and leaves nothing behind', async () => {
      const reports: unknown[] = [];
      let told: () => void = () => {};
      const reported = new Promise<void>((resolve) => {
        told = resolve;
      });
      const nodeRed = await launchNodeRed({
        version,
        onReport: (value) => {
          reports.push(value);
          told();
        },
      });
      const { url, userDir } = nodeRed;
      try {
        assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
        const settings = (await nodeRed.request('GET', '/settings')) as { version: string };
        assert.equal(settings.version.split('.')[0], String(version));
        await nodeRed.deploy(reporter);
        await reported;
        assert.deepEqual(reports, [{ answer: 42, handles: nodeRed.pid }]);
      } finally {
        await nodeRed.stop();
      }
      assert.equal(existsSync(userDir), false);
      await assert.rejects(request(url, 'GET', '/settings'));
    });
  });
}
