/** Where the editor asks for a password, the routes of the palette ask for the right to read or to change flows. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchNodeRed, makeUserDir, type NodeRedProcess, repositoryRoot } from '../../scripts/lib/node-red-process';
import { settingsFile } from '../../scripts/lib/settings-file';

/** "reader" may look, "writer" may change; both have the password "pw". */
const AUTHENTICATION = `
const people = { reader: 'read', writer: '*' };
settings.adminAuth = {
  type: 'credentials',
  users: async (username) => (people[username] ? { username, permissions: people[username] } : null),
  authenticate: async (username, password) =>
    people[username] && password === 'pw' ? { username, permissions: people[username] } : null,
};
`;

interface Route {
  method: string;
  path: string;
}

/** Every route that the nodes and the plugins open, from their source. */
function routes(): Route[] {
  const files = ['nodes', 'plugins'].flatMap((folder) =>
    readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  return files.flatMap((name) => {
    const text = readFileSync(join(repositoryRoot, name), 'utf8');
    return [...text.matchAll(/httpAdmin\s*\.(\w+)\(\s*'([^']+)'/g)].map(([, method, path]) => ({
      method: method.toUpperCase(),
      path,
    }));
  });
}

describe('the routes of the palette', () => {
  const userDir = makeUserDir();
  let nodeRed: NodeRedProcess;
  before(async () => {
    writeFileSync(join(userDir, 'settings.js'), settingsFile({ port: 0 }) + AUTHENTICATION);
    nodeRed = await launchNodeRed({ version: 4, userDir });
  });
  after(async () => {
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const ask = ({ method, path }: Route, token?: string): Promise<Response> =>
    fetch(nodeRed.url + path.replace(/:\w+/g, 'x'), {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(method === 'POST' && { body: '{}' }),
    });
  const tokenOf = async (username: string): Promise<string> => {
    const answer = await fetch(`${nodeRed.url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: 'node-red-admin',
        grant_type: 'password',
        scope: username === 'reader' ? 'read' : '*',
        username,
        password: 'pw',
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  };

  it('answer nobody without a password', async () => {
    assert.ok(routes().length >= 5, 'the routes were found');
    for (const route of routes()) assert.equal((await ask(route)).status, 401, `${route.method} ${route.path}`);
  });

  it('let a reader read, but make no keys and command no federation', async () => {
    const reader = await tokenOf('reader');
    assert.equal((await ask({ method: 'GET', path: '/fl-tinyml/dp-noise/account' }, reader)).status, 200);
    assert.ok([401, 403].includes((await ask({ method: 'POST', path: '/fl-tinyml/wire/key' }, reader)).status));
    const command: Route = { method: 'POST', path: '/fl-tinyml/federations/:id/command' };
    assert.equal((await ask({ method: 'GET', path: '/fl-tinyml/federations' }, reader)).status, 200);
    assert.ok([401, 403].includes((await ask(command, reader)).status));
    assert.equal((await ask(command, await tokenOf('writer'))).status, 400, 'no command is named');
    const made = await ask({ method: 'POST', path: '/fl-tinyml/wire/key' }, await tokenOf('writer'));
    assert.equal(made.status, 200);
    assert.match(((await made.json()) as { publicKey: string }).publicKey, /^MCowBQYDK2VwAyEA/);
  });
});
