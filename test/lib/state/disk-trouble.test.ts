import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStore } from '../../../lib/state';
import { diskTrouble } from '../../../lib/state/disk-trouble';

describe('what a file system says', () => {
  const told: [Partial<NodeJS.ErrnoException>, RegExp][] = [
    [{ code: 'ENOSPC', syscall: 'write' }, /^The disk is full, .* make room\.$/],
    [{ code: 'EDQUOT', syscall: 'write' }, /^The disk is full/],
    [{ code: 'EROFS', syscall: 'open', path: '/data/x' }, /^The disk of \/data\/x can only be read/],
    [{ code: 'EACCES', syscall: 'open', path: '/data/x' }, /^There is no right to \/data\/x/],
    [{ code: 'ENOENT', syscall: 'mkdir', path: '/data/x' }, /^The folder \/data\/x cannot be made/],
  ];
  for (const [error, sentence] of told) {
    it(`${error.code} of ${error.syscall} is told in one sentence that says what to do`, () => {
      assert.match(diskTrouble(Object.assign(new Error('raw'), error))?.message ?? '', sentence);
    });
  }

  it('of a store whose folder cannot be made too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-trouble-'));
    try {
      await writeFile(join(folder, 'file'), '');
      const error = await createStore(join(folder, 'file', 'state'))
        .write('a', { json: 1, parts: {} })
        .catch((thrown: unknown) => thrown);
      assert.match(diskTrouble(error)?.message ?? '', /^Something else lies at .*file.* move it away\.$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('leaves alone what is no trouble of a disk, and a file that is not there', () => {
    assert.equal(diskTrouble(new Error('a bug')), undefined);
    assert.equal(diskTrouble(Object.assign(new Error('raw'), { code: 'ENOENT', syscall: 'open' })), undefined);
    assert.equal(diskTrouble('text'), undefined);
  });
});
