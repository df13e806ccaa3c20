import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExportedFile, saveFiles } from '../../../lib/export';
import { folderUnder, writeRefusal } from '../../../lib/export/save-files';

const files = (text: string): ExportedFile[] => [
  { format: 'tflite-int8', name: 'pump_int8.tflite', bytes: Buffer.from(`int8 ${text}`) },
  { format: 'tfjs', name: 'pump_tfjs/model.json', bytes: Buffer.from(`tfjs ${text}`) },
];
const failure = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

describe('saving exported files', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fl-save-'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('makes the folders, replaces what was there and leaves nothing behind', async () => {
    await saveFiles(base, 'a/b', files('old'));
    const paths = await saveFiles(base, 'a/b', files('new'));
    assert.deepEqual(paths, [join(base, 'a/b/pump_int8.tflite'), join(base, 'a/b/pump_tfjs/model.json')]);
    assert.deepEqual(
      paths.map((path) => readFileSync(path, 'utf8')),
      ['int8 new', 'tfjs new'],
    );
    assert.deepEqual(readdirSync(join(base, 'a/b')).sort(), ['pump_int8.tflite', 'pump_tfjs']);
  });

  it('does not follow a link out of the folder, wherever it lies', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'fl-elsewhere-'));
    mkdirSync(join(base, 'out'));
    symlinkSync(elsewhere, join(base, 'out', 'pump_tfjs'), 'dir');
    await assert.rejects(saveFiles(base, 'out', files('x')), { code: 'folder-outside' });
    assert.deepEqual(readdirSync(elsewhere), []);
    assert.deepEqual(readdirSync(join(base, 'out')), ['pump_tfjs'], 'the first file was taken back');
    rmSync(elsewhere, { recursive: true });
    // A link that stays inside is the user's own affair.
    mkdirSync(join(base, 'real'));
    symlinkSync(join(base, 'real'), join(base, 'alias'), 'dir');
    assert.equal(await folderUnder(base, 'alias/more'), join(base, 'alias/more'));
  });

  it('a folder in the place of a file is named, and the other files stay as they were', async () => {
    await saveFiles(base, 'a', files('old'));
    writeFileSync(join(base, 'a', 'blocked'), '');
    const blocked = [...files('new'), { format: 'tfjs' as const, name: 'blocked/model.json', bytes: Buffer.alloc(1) }];
    await assert.rejects(saveFiles(base, 'a', blocked), { code: 'not-written', message: /a file is in its way/ });
    assert.equal(readFileSync(join(base, 'a/pump_int8.tflite'), 'utf8'), 'int8 old');
    assert.deepEqual(readdirSync(join(base, 'a')).sort(), ['blocked', 'pump_int8.tflite', 'pump_tfjs']);
  });

  it('says in one sentence what to do about a full disk or a folder that may not be written to', () => {
    for (const [code, words] of [
      ['ENOSPC', /disk is full: make room/],
      ['EDQUOT', /disk is full/],
      ['EACCES', /may not write to .*change its permissions/],
      ['EROFS', /may not write/],
      ['ENOTDIR', /a file is in its way/],
      ['EIO', /EIO: it failed.*choose another folder/],
    ] as const) {
      const refused = writeRefusal(failure(code), '/somewhere');
      assert.equal(refused.code, 'not-written');
      assert.match(refused.message, words);
      assert.match(refused.message, /\/somewhere/);
    }
  });
});
