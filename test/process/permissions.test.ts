/** The admin routes of the palette on a Node-RED with users: none answers a stranger, and reading is not writing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchNodeRed, makeUserDir, type NodeRedProcess, repositoryRoot } from '../../scripts/lib/node-red-process';
import { settingsFile } from '../../scripts/lib/settings-file';

interface Route {
  method: string;
  path: string;
  permission: string;
}

/** As the nodes register them: `RED.httpAdmin.get('/fl-tinyml/...', RED.auth.needsPermission('fl.read'), ...`. */
function routes(): Route[] {
  const folder = join(repositoryRoot, 'nodes');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return sources.flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    const calls = [
      ...source.matchAll(/httpAdmin\.(\w+)\(\s*'([^']+)',\s*(?:RED\.auth\.needsPermission\('([\w.]+)'\))?/g),
    ];
    return calls.map(([, method, path, permission = '']) => ({ method: method.toUpperCase(), path, permission }));
  });
}

/** Who logs in as "fl.read" has that permission, with any password. */
const users = `
const user = (username) => Promise.resolve({ username, permissions: username });
module.exports.adminAuth = { type: 'credentials', users: user, authenticate: user };
`;

describe('the admin routes of the palette', function () {
  this.timeout(120_000);
  const userDir = makeUserDir();
  let nodeRed: NodeRedProcess;
  before(async () => {
    writeFileSync(join(userDir, 'settings.js'), settingsFile({ port: 0 }) + users);
    nodeRed = await launchNodeRed({ version: 4, userDir, flows: [] });
  });
  after(async () => {
    await nodeRed.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const token = async (username: string): Promise<string> => {
    const response = await fetch(`${nodeRed.url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: 'node-red-admin',
        grant_type: 'password',
        scope: username,
        username,
        password: 'any',
      }),
    });
    const answer = (await response.json()) as { access_token?: string };
    assert.ok(answer.access_token, JSON.stringify(answer));
    return answer.access_token;
  };
  const ask = async ({ method, path }: Route, username?: string): Promise<number> => {
    const response = await fetch(nodeRed.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(username ? { authorization: `Bearer ${await token(username)}` } : {}),
      },
      ...(method === 'GET' ? {} : { body: '{}' }),
    });
    return response.status;
  };

  it('all ask for a permission of their own', () => {
    assert.ok(routes().length > 0);
    for (const { path, permission } of routes()) assert.match(permission, /^fl\.(read|write)$/, path);
  });

  it('answer nobody who has not logged in', async () => {
    for (const route of routes()) assert.equal(await ask(route), 401, route.path);
  });

  it('let a reader read and not write', async () => {
    for (const route of routes()) {
      const status = await ask(route, 'fl.read');
      if (route.permission === 'fl.read') assert.notEqual(status, 401, route.path);
      else assert.equal(status, 401, route.path);
    }
  });

  it('let a writer write', async () => {
    for (const route of routes()) {
      if (route.permission === 'fl.write') assert.notEqual(await ask(route, 'fl.write'), 401, route.path);
    }
  });
});
