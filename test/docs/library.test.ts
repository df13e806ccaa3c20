/** The script in docs/library.md, run as a reader would: copied out, beside an installed package. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

const run = (folder: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, ['federation.js'], { cwd: folder, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });

/** In a folder of its own, where the package is installed. */
async function withPackage(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fl-library-'));
  try {
    await mkdir(join(folder, 'node_modules/@fl-tinyml'), { recursive: true });
    await symlink(root, join(folder, 'node_modules/@fl-tinyml/node-red-federated'), 'junction');
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('docs/library.md', () => {
  it('shows a federation of unlike networks in which each learns', async () => {
    const page = await readFile(join(root, 'docs/library.md'), 'utf8');
    const script = /```js\n([^`]*distillLearner[\s\S]*?)```/.exec(page)?.[1] ?? '';
    await withPackage(async (folder) => {
      await writeFile(join(folder, 'federation.js'), script);
      const lines = (await run(folder)).trim().split('\n');
      assert.equal(lines.length, 4 * 10);
      for (const client of ['north-east', 'north-west', 'south-west', 'south-east']) {
        const own = lines.filter((line) => line.startsWith(client));
        const losses = own.map((line) => Number(/: loss (\d\.\d{3})$/.exec(line)?.[1]));
        assert.ok(losses.length === 10 && losses[9] < 0.8 * losses[0], `${client}: ${losses}`);
      }
    });
  });

  it('shows a federation that runs, ends by itself, and goes on where it stood', async () => {
    const page = await readFile(join(root, 'docs/library.md'), 'utf8');
    const script = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    assert.ok(script.includes('createCoordinator'));
    await withPackage(async (folder) => {
      await writeFile(join(folder, 'federation.js'), script);
      const lines = (await run(folder)).trim().split('\n');
      assert.equal(lines.length, 15);
      const losses = lines.map((line, i) => {
        const match = /^round (\d+): (\d) updates, loss (\d\.\d{3})$/.exec(line);
        assert.ok(match, line);
        assert.deepEqual([Number(match[1]), match[2]], [i + 1, '4']);
        return Number(match[3]);
      });
      assert.ok(losses[14] < 0.5 * losses[0], `losses ${losses}`);
      assert.ok((await readdir(join(folder, 'state'))).some((file) => file.endsWith('.state')));

      // The same with boards: learner and participant of the page's second script in place of the first one's.
      const boards = /```js\n( {4}const device[\s\S]*?)```/.exec(page)?.[1] ?? '';
      const withBoards = script
        .replace(/ +const learner = .*\n +participants\.push.*\n/, boards)
        .replace("createStore('state')", "createStore('boards')")
        .replace('pool.close()])', 'pool.close()]).then(() => process.exit())');
      assert.ok(withBoards.includes('virtualBoard') && !withBoards.includes('gatewayLearner'));
      await writeFile(join(folder, 'federation.js'), withBoards);
      assert.deepEqual((await run(folder)).trim().split('\n'), lines);
      await writeFile(join(folder, 'federation.js'), script);

      assert.equal(await run(folder), '');
      await writeFile(join(folder, 'federation.js'), script.replace('rounds: 15', 'rounds: 18'));
      assert.deepEqual((await run(folder)).match(/round \d+/g), ['round 16', 'round 17', 'round 18']);
    });
  });
});
