import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import { createStore, type StateRecord, safeName } from '../../../lib/state';

const record = (number: number, bytes = 100): StateRecord => ({
  json: { number, text: 'ä\u2028"\\' },
  parts: { weights: Buffer.alloc(bytes, number), empty: Buffer.alloc(0) },
});

describe('store', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fl-store-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const fileOf = (name: string, kind: 'state' | 'previous.state' = 'state'): string =>
    join(folder, `${safeName(name)}.${kind}`);
  const numberOf = (found?: StateRecord): unknown => (found?.json as { number: number } | undefined)?.number;

  it('gives back what was written, to another store too', async () => {
    const store = createStore(join(folder, 'made', 'when needed'));
    assert.equal(await store.read('factory'), undefined);
    await store.write('factory', record(7));
    const found = await createStore(store.folder).read('factory');
    assert.deepEqual(found?.json, record(7).json);
    assert.deepEqual(Object.keys(found?.parts ?? {}), ['weights', 'empty']);
    assert.deepEqual(Buffer.from(found?.parts.weights ?? []), record(7).parts.weights);
    assert.equal(found?.fallback, undefined);
  });

  it('takes the bytes as they are when it is called', async () => {
    const store = createStore(folder);
    const changing = record(1);
    const written = store.write('x', changing);
    changing.parts.weights.fill(9);
    await written;
    assert.deepEqual(Buffer.from((await store.read('x'))?.parts.weights ?? []), record(1).parts.weights);
  });

  it('falls back to the version before for any damage, and says so', async () => {
    const store = createStore(folder);
    await store.write('x', record(1));
    await store.write('x', record(2));
    const good = await readFile(fileOf('x'));
    const random = generator(4, 'damage');
    const damages: Buffer[] = [
      Buffer.alloc(0),
      Buffer.from('{}'),
      Buffer.alloc(good.length),
      Buffer.concat([good, good]),
    ];
    for (let cut = 0; cut < good.length; cut++) damages.push(good.subarray(0, cut));
    for (let i = 0; i < 200; i++) {
      const flipped = Buffer.from(good);
      flipped[random.below(good.length)] ^= 1 << random.below(8);
      damages.push(flipped);
    }
    for (const damage of damages) {
      await writeFile(fileOf('x'), damage);
      const found = await store.read('x');
      assert.equal(numberOf(found), 1);
      assert.match(found?.fallback ?? '', /could not be read .* the version before it is used/);
    }
    await rm(fileOf('x'));
    assert.match((await store.read('x'))?.fallback ?? '', /missing/);
  });

  it('does not let a damaged file push out the good one before it', async () => {
    await createStore(folder).write('x', record(1));
    await createStore(folder).write('x', record(2));
    await writeFile(fileOf('x'), 'torn');
    const store = createStore(folder);
    await store.write('x', record(3));
    await writeFile(fileOf('x'), 'torn again');
    assert.equal(numberOf(await store.read('x')), 1);
  });

  it('does not start anew by itself when both versions are damaged', async () => {
    const store = createStore(folder);
    await store.write('x', record(1));
    await store.write('x', record(2));
    await writeFile(fileOf('x'), 'torn');
    await writeFile(fileOf('x', 'previous.state'), 'torn');
    await assert.rejects(store.read('x'), /delete them to start anew/);
  });

  it('does not take the file of another record', async () => {
    const store = createStore(folder);
    await store.write('x', record(1));
    await writeFile(fileOf('y'), await readFile(fileOf('x')));
    await assert.rejects(store.read('y'), /another record/);
  });

  it('writes one after the other; the last one wins, those between may be left out', async () => {
    const store = createStore(folder);
    await store.write('x', record(100));
    await Promise.all(Array.from({ length: 40 }, (_, i) => store.write('x', record(i))));
    assert.equal(numberOf(await store.read('x')), 39);
    await writeFile(fileOf('x'), 'torn');
    assert.equal(numberOf(await createStore(folder).read('x')), 100);
  });

  it('tells those who wait that a write failed, and goes on', async () => {
    const store = createStore(join(folder, 'blocked'));
    await writeFile(join(folder, 'blocked'), 'a file where the folder belongs');
    await assert.rejects(store.write('x', record(1)));
    await rm(join(folder, 'blocked'));
    await store.write('x', record(2));
    assert.equal(numberOf(await store.read('x')), 2);
    await store.settle();
  });

  it('removes, also what still waits to be written, but not what is written later', async () => {
    const store = createStore(folder);
    await store.write('x', record(1));
    const waiting = [store.write('x', record(2)), store.write('x', record(3))];
    const removed = store.remove('x');
    await Promise.all([...waiting, removed]);
    assert.equal(await store.read('x'), undefined);
    const writes = [store.write('x', record(4)), store.remove('x'), store.write('x', record(5))];
    await Promise.all(writes);
    assert.equal(numberOf(await store.read('x')), 5);
    assert.equal((await readdir(folder)).filter((file) => file.endsWith('.tmp')).length, 0);
  });

  it('removes all records that are meant, also where one version is left, and leaves what it cannot read', async () => {
    const store = createStore(join(folder, 'kept'));
    await store.removeAll(() => true);
    const names = ['a 1', 'a 2', 'A 1', 'b'];
    for (const name of names) for (const number of [1, 2]) await store.write(name, record(number));
    await rm(join(store.folder, `${safeName('a 2')}.state`));
    const strange = [
      Buffer.alloc(0),
      Buffer.from('FLST'),
      Buffer.alloc(100, 255),
      Buffer.from(`FLST${'\0'.repeat(40)}`),
    ];
    for (const [i, bytes] of strange.entries()) await writeFile(join(store.folder, `strange ${i}.state`), bytes);
    const asked = new Set<string>();
    // Another store than the one that wrote them.
    await createStore(store.folder).removeAll((name) => {
      asked.add(name);
      return name.startsWith('a ');
    });
    assert.deepEqual([...asked].sort(), [...names].sort());
    for (const name of ['a 1', 'a 2']) assert.equal(await createStore(store.folder).read(name), undefined);
    for (const name of ['A 1', 'b']) assert.equal(numberOf(await createStore(store.folder).read(name)), 2);
    const left = await readdir(store.folder);
    assert.equal(left.filter((file) => file.startsWith('strange')).length, strange.length);
    assert.equal(left.length, strange.length + 2 * 2);
  });

  it('stays inside its folder, whatever a record is called', async () => {
    const inside = join(folder, 'inside');
    await mkdir(inside);
    const store = createStore(inside);
    const names = [
      '../outside',
      '/etc/passwd',
      '..',
      '.',
      '',
      'a/b',
      'a\\b',
      'CON',
      'nul.txt',
      'a\0b',
      'x'.repeat(5000),
      'Factory',
      'factory',
      'fäctory',
      '工場',
      '工廠',
      'a:b',
      ' ',
      '~',
    ];
    for (const [i, name] of names.entries()) await store.write(name, record(i));
    for (const [i, name] of names.entries()) assert.equal(numberOf(await store.read(name)), i, name);
    assert.deepEqual(await readdir(folder), ['inside']);
    const files = await readdir(inside);
    assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length);
    for (const file of files) assert.match(file, /^[a-z0-9-]{1,60}\.state$/);
  });
});
