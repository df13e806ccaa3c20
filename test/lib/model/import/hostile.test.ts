/** Archives and HDF5 files that were cut, changed or made to exhaust their reader. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 as crcOf, deflateRawSync } from 'node:zlib';
import { readZip } from '../../../../lib/model/import/zip';
import { importModel } from '../../../../lib/model/index';
import { generator } from '../../../../lib/random/generator';

const read = (name: string): Buffer => readFileSync(join(process.cwd(), 'test/fixtures/keras', name));
const open = (bytes: Uint8Array) => importModel([{ name: 'model.keras', bytes }]);

interface Entry {
  name: string;
  data: Buffer;
  /** What the directory says, where that is not the truth. */
  size?: number;
  deflate?: boolean;
  flags?: number;
}

/** A zip archive, written by hand. */
function zip(entries: Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, size = data.length, deflate = false, flags = 0 } of entries) {
    const packed = deflate ? deflateRawSync(data) : data;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crcOf(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, rest, Buffer.from(name)]));
    parts.push(local);
    at += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listing, end]);
}

const isRefusal = (error: Error): boolean => error.name === 'RefusedError' && error.message.endsWith('.');

describe('import of files that cannot be trusted', () => {
  it('reads a deflated archive as it reads a stored one', async () => {
    const plain = readZip(read('dense.keras'));
    const packed = zip(
      [...plain.values()].map((one) => ({ name: one.name, data: Buffer.from(one.read()), deflate: true })),
    );
    assert.deepEqual(await open(packed), await open(read('dense.keras')));
  });

  it('refuses a zip bomb by what it declares', () => {
    const bomb = zip([{ name: 'config.json', data: Buffer.alloc(1000), size: 0xfffffff0, deflate: true }]);
    return assert.rejects(open(bomb), /Unpacked, the archive has more than/);
  });

  it('refuses a zip bomb that declares less than it holds', () => {
    const bomb = zip([{ name: 'config.json', data: Buffer.alloc(10_000_000), size: 100, deflate: true }]);
    return assert.rejects(open(bomb), /archive is damaged/);
  });

  it('refuses an archive with changed bytes', () => {
    const bytes = zip([{ name: 'config.json', data: Buffer.from('{"class_name": "Sequential"}') }]);
    bytes[45] ^= 1;
    return assert.rejects(open(bytes), /archive is damaged/);
  });

  it('refuses encryption, two entries of one name, and an archive without a model', async () => {
    const data = Buffer.from('{}');
    await assert.rejects(open(zip([{ name: 'config.json', data, flags: 1 }])), /encrypted/);
    await assert.rejects(
      open(
        zip([
          { name: 'config.json', data },
          { name: 'config.json', data },
        ]),
      ),
      /damaged/,
    );
    await assert.rejects(open(zip([{ name: 'readme.txt', data }])), /has no config.json/);
  });

  it('refuses weights that do not belong to the configuration', async () => {
    const one = readZip(read('dense.keras'));
    const other = readZip(read('conv1d.keras'));
    const data = (archive: typeof one, name: string): Buffer => Buffer.from(archive.get(name)?.read() ?? []);
    const mixed = zip([
      { name: 'config.json', data: data(one, 'config.json') },
      { name: 'model.weights.h5', data: data(other, 'model.weights.h5') },
    ]);
    await assert.rejects(open(mixed), /has the shape|tensors for the layer/);
  });

  it('refuses files that are cut off, wherever', async () => {
    for (const name of ['dense.keras', 'dense.h5']) {
      const bytes = read(name);
      for (const share of [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
        await assert.rejects(open(bytes.subarray(0, Math.floor(share * bytes.length))), isRefusal, `${name} ${share}`);
      }
    }
  });

  it('survives 60 files with changed bytes: refused, or read as a whole model', async () => {
    const random = generator(3, 'mutations');
    for (let trial = 0; trial < 60; trial++) {
      const bytes = Buffer.from(read(trial % 2 ? 'dense.h5' : 'functional.keras'));
      const changes = 1 + random.below(20);
      for (let i = 0; i < changes; i++) bytes[random.below(bytes.length)] = random.below(256);
      try {
        const { weights } = await open(bytes);
        assert.ok(weights?.every(Number.isFinite));
      } catch (error) {
        assert.ok(error instanceof Error && isRefusal(error), String(error));
      }
    }
  });
});
