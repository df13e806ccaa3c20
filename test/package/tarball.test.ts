/** What a user installs: the packed tarball, in an empty user directory, as the palette manager would. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchNodeRed, makeUserDir, type NodeRedVersion, repositoryRoot } from '../../scripts/lib/node-red-process';

const megabyte = 1e6;

function npm(args: string[], cwd: string): string {
  const [command, first] = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
  const result = spawnSync(command, [...first, ...args], { cwd, encoding: 'utf8', maxBuffer: 64 * megabyte });
  assert.equal(result.status, 0, `npm ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  name: string;
  'node-red': { nodes: Record<string, string>; plugins: Record<string, string> };
};

describe('the package', function () {
  this.timeout(180_000);
  const userDir = makeUserDir();
  let tarball = '';
  let files: string[] = [];

  before(() => {
    mkdirSync(userDir, { recursive: true });
    const [packed] = JSON.parse(
      npm(['pack', '--json', '--ignore-scripts', '--pack-destination', userDir], repositoryRoot),
    ) as { filename: string; files: { path: string }[] }[];
    tarball = join(userDir, packed.filename.replace('@', '').replace('/', '-'));
    files = packed.files.map(({ path }) => path);
  });
  after(() => rmSync(userDir, { recursive: true, force: true }));

  it('is under 3 MB', () => {
    const { size } = statSync(tarball);
    console.log(`    packed: ${(size / megabyte).toFixed(2)} MB, ${files.length} files`);
    assert.ok(size < 3 * megabyte, `${size} bytes`);
  });

  it('holds what runs, and neither tests nor sources', () => {
    const { nodes, plugins } = manifest['node-red'];
    for (const script of [...Object.values(nodes), ...Object.values(plugins)]) {
      assert.ok(files.includes(script), script);
      assert.ok(files.includes(script.replace(/js$/, 'html')), `${script}: html`);
    }
    assert.ok(files.includes('dist/core/core.wasm'));
    assert.ok(files.includes('LICENSE') && files.includes('README.md'));
    const strangers = files.filter(
      (file) =>
        !/^(dist\/(lib|nodes|plugins|core)\/|examples\/|datasets\/|LICENSE$|README\.md$|package\.json$)/.test(file),
    );
    assert.deepEqual(strangers, []);
    const sources = files.filter((file) => /(?<!\.d)\.ts$|\.test\.|\.map$/.test(file));
    assert.deepEqual(sources, []);
  });

  it('installs without scripts or compiler, in less than 25 MB', () => {
    writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'user-directory', private: true }));
    const startedAt = performance.now();
    npm(['install', '--omit=dev', '--engine-strict', '--ignore-scripts', '--no-audit', '--no-fund', tarball], userDir);
    const seconds = (performance.now() - startedAt) / 1000;
    const modules = join(userDir, 'node_modules');
    const bytes = bytesIn(modules);
    console.log(`    installed in ${seconds.toFixed(1)} s, ${(bytes / megabyte).toFixed(2)} MB`);
    assert.ok(bytes < 25 * megabyte, `${bytes} bytes`);
    const native = readdirSync(modules, { recursive: true })
      .map(String)
      .filter((name) => /\.node$|binding\.gyp$/.test(name));
    // The optional serialport brings its binaries along, compiled by its authors; nothing else is native.
    assert.deepEqual(
      native.filter((name) => !name.startsWith('@serialport/bindings-cpp/')),
      [],
    );
    assert.ok(!native.some((name) => name.includes('/build/')), 'something was compiled');
  });

  for (const version of [4, 5] as NodeRedVersion[]) {
    it(`loads in Node-RED ${version} from there`, async () => {
      const nodeRed = await launchNodeRed({ version, userDir, palette: false });
      try {
        const sets = (await nodeRed.request('GET', '/nodes')) as { module: string; types: string[]; err?: string }[];
        const ours = sets.filter(({ module }) => module === manifest.name);
        assert.deepEqual(
          ours.filter(({ err }) => err),
          [],
        );
        const beside = (await nodeRed.request('GET', '/plugins')) as { module: string; id: string; err?: string }[];
        assert.deepEqual(
          beside.filter(({ module }) => module === manifest.name).map(({ id, err }) => [id, err]),
          Object.keys(manifest['node-red'].plugins).map((name) => [`${manifest.name}/${name}`, undefined]),
        );
        assert.deepEqual(ours.flatMap(({ types }) => types).sort(), Object.keys(manifest['node-red'].nodes).sort());
      } finally {
        await nodeRed.stop();
      }
    });
  }
});
