import assert from 'node:assert/strict';
import { cobsBytes, cobsDecode, cobsEncode } from '../../../lib/board/cobs';
import { generator } from '../../../lib/random/generator';

const hex = (text: string): Uint8Array => Buffer.from(text.replace(/ /g, ''), 'hex');
const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => (from + i) & 0xff);

/** The examples of the article "Consistent Overhead Byte Stuffing" of the English Wikipedia, without the delimiter. */
const published: [Uint8Array, Uint8Array][] = [
  [hex('00'), hex('01 01')],
  [hex('00 00'), hex('01 01 01')],
  [hex('00 11 00'), hex('01 02 11 01')],
  [hex('11 22 00 33'), hex('03 11 22 02 33')],
  [hex('11 22 33 44'), hex('05 11 22 33 44')],
  [hex('11 00 00 00'), hex('02 11 01 01 01')],
  [Uint8Array.from(run(1, 254)), Uint8Array.of(255, ...run(1, 254))],
  [Uint8Array.from(run(0, 254)), Uint8Array.of(1, 255, ...run(1, 254))],
  [Uint8Array.from(run(1, 255)), Uint8Array.of(255, ...run(1, 254), 2, 255)],
  [Uint8Array.from(run(2, 256)), Uint8Array.of(255, ...run(2, 255), 1, 1)],
  [Uint8Array.from(run(3, 257)), Uint8Array.of(254, ...run(3, 255), 2, 1)],
];

describe('COBS', () => {
  it('encodes and decodes the published examples', () => {
    for (const [plain, encoded] of published) {
      assert.deepEqual(Buffer.from(cobsEncode(plain)), Buffer.from(encoded));
      assert.deepEqual(Buffer.from(cobsDecode(encoded) ?? []), Buffer.from(plain));
    }
  });

  it('gives any bytes back, without a zero on the way and within the bound', () => {
    const random = generator(1, 'cobs');
    for (let trial = 0; trial < 2000; trial++) {
      const zeros = random.uniform();
      const plain = Uint8Array.from({ length: random.below(1100) }, () =>
        random.uniform() < zeros * zeros * zeros ? 0 : random.below(256),
      );
      const encoded = cobsEncode(plain);
      assert.ok(!encoded.includes(0));
      assert.ok(encoded.length <= cobsBytes(plain.length));
      assert.deepEqual(Buffer.from(cobsDecode(encoded) ?? [1]), Buffer.from(plain));
    }
  });

  it('refuses what no encoder makes', () => {
    for (const bad of [hex(''), hex('00'), hex('05 11'), hex('03 11 00'), hex('ff 01')]) {
      assert.equal(cobsDecode(bad), undefined);
    }
  });
});
