import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'mocha';
import type { Row } from '../../../lib/data/cell';
import { type CsvOptions, emptyReport, readCsv } from '../../../lib/data/csv';
import { openDataFile, resolveDataFile } from '../../../lib/data/data-file';

async function read(text: string | string[], options?: CsvOptions, report = emptyReport()): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readCsv(Readable.from([text].flat()), options, report)) rows.push(row);
  return rows;
}
const refuses = (code: string, message: RegExp) => ({ name: 'RefusedError', code, message });

describe('CSV', () => {
  it('reads rows under the header, with BOM, CRLF, quotes and any cut into chunks', async () => {
    const text = '\uFEFFa,"b, c"\r\n1,"x ""y"""\r\n\r\n 2 ,z';
    const expected = [
      { a: '1', 'b, c': 'x "y"' },
      { a: '2', 'b, c': 'z' },
    ];
    assert.deepEqual(await read(text), expected);
    assert.deepEqual(await read([...text]), expected);
  });

  it('finds the delimiter, and takes decimal commas when told', async () => {
    for (const d of [',', ';', '\t', '|']) assert.deepEqual(await read(`a${d}b\n1${d}2`), [{ a: '1', b: '2' }]);
    assert.deepEqual(await read('a;b\n1,5;x,y', { decimal: ',' }), [{ a: '1.5', b: 'x,y' }]);
    assert.deepEqual(await read('a:b\n1:2', { delimiter: ':' }), [{ a: '1', b: '2' }]);
  });

  it('keeps only the columns asked for', async () => {
    assert.deepEqual(await read('a,b,c\n1,2,3', { keep: ['c'], required: ['a'] }), [{ a: '1', c: '3' }]);
  });

  it('counts and skips lines with a wrong number of cells, and goes on', async () => {
    const report = emptyReport();
    const rows = await read('a,b\n1,2\n3\n4,5,6\n7,8\n', {}, report);
    assert.deepEqual(
      rows.map(({ a }) => a),
      ['1', '7'],
    );
    assert.deepEqual([report.rows, report.badRows], [2, 2]);
    assert.equal(report.problems[0], 'Row 2 has 1 cells where the header has 2.');
  });

  it('names the columns that come nearest to a missing one', async () => {
    await assert.rejects(
      read('time,TEMP,DEWP,Pressure\n1,2,3,4', { required: ['temp', 'presure'] }),
      refuses('csv-column', /no columns "temp", "presure" in the file; did you mean .*"TEMP".*"Pressure"/),
    );
  });

  it('says what is wrong with files that cannot be used', async () => {
    await assert.rejects(read(''), refuses('csv-empty', /empty/));
    await assert.rejects(read('\n\n'), refuses('csv-empty', /empty/));
    await assert.rejects(read('a,b\n'), refuses('csv-rows', /no row that can be used, only the names/));
    await assert.rejects(read('a,b\n1\n2\n'), refuses('csv-rows', /used: Row 1 has 1 cells where the header has 2/));
    await assert.rejects(read('1,2.5\n3,4'), refuses('csv-header', /first line holds numbers/));
    await assert.rejects(read('a,a\n1,2'), refuses('csv-header', /"a" is in the header twice/));
    await assert.rejects(read('a,__proto__\n1,2'), refuses('csv-header', /rename/));
    await assert.rejects(read('PK\u0003\u0004'), refuses('csv-binary', /spreadsheet/));
    await assert.rejects(read('a\u0000,b'), refuses('csv-binary', /UTF-8/));
    await assert.rejects(read('a,b\n1,2\n"3,4\n5,6\n'), refuses('csv-quote', /never closed/));
  });

  it('passes on what the source throws', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'a\n1\n';
      throw new Error('disk gone');
    }
    await assert.rejects(async () => {
      for await (const _ of readCsv(broken()));
    }, /disk gone/);
  });

  it('ends the source when the reader stops early', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        yield 'a\n';
        for (;;) yield '1\n'.repeat(100);
      } finally {
        ended = true;
      }
    }
    for await (const _ of readCsv(endless())) break;
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(ended);
  });

  it('takes no more memory for 104 MB than for 8 MB', () => {
    // In a process whose heap would not hold the larger one.
    const peak = (bytes: number): { read: number; ahead: number; rss: number } =>
      JSON.parse(
        execFileSync(process.execPath, ['--max-old-space-size=40', join(__dirname, 'read-generated.js'), `${bytes}`], {
          encoding: 'utf8',
        }),
      );
    const small = peak(8e6);
    const large = peak(104e6);
    assert.equal(large.read, Math.ceil(104e6 / 66000) * 1000);
    assert.ok(large.rss - small.rss < 48e6, `${Math.round((large.rss - small.rss) / 1e6)} MB more`);
    assert.ok(large.ahead < 20_000, `the source ran ${large.ahead} rows ahead of the reader`);
  });
});

describe('data files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'data-file-'));
    await mkdir(join(folder, 'inside'));
    await writeFile(join(folder, 'secret.csv'), 'a\n1\n');
    await writeFile(join(folder, 'inside', 'rows.csv'), 'a\n2\n');
    await symlink(join(folder, 'secret.csv'), join(folder, 'inside', 'link.csv'));
  });
  after(() => rm(folder, { recursive: true }));

  it('opens files within the allowed folders, by relative or absolute name', async () => {
    const base = join(folder, 'inside');
    for (const name of ['rows.csv', join(base, 'rows.csv')]) {
      const rows: Row[] = [];
      for await (const row of readCsv(await openDataFile(name, { base, allowed: [base] }))) rows.push(row);
      assert.deepEqual(rows, [{ a: '2' }]);
    }
  });

  it('refuses files outside, also through links, and whether or not they exist', async () => {
    const policy = { base: join(folder, 'inside'), allowed: [join(folder, 'inside')] };
    for (const name of ['../secret.csv', 'link.csv', '../nothing.csv', join(folder, 'secret.csv')]) {
      await assert.rejects(resolveDataFile(name, policy), refuses('file-outside', /outside the folders allowed/));
    }
  });

  it('says when there is no file, or no name', async () => {
    const policy = { base: folder };
    await assert.rejects(resolveDataFile('none.csv', policy), refuses('file-missing', /no file "none.csv"/));
    await assert.rejects(resolveDataFile('inside', policy), refuses('file-kind', /not a file/));
    await assert.rejects(resolveDataFile(' ', policy), refuses('file-name', /enter the path/));
  });
});
