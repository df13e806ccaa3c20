/** Messages with 100,000 numbers: encoding one for the wire, and what Node-RED does to one that goes to two nodes. */
import { util } from '@node-red/util';
import { generator } from '../lib/random/generator';
import type { Message } from '../lib/update/message';
import { vectorPayload } from '../lib/update/vector';
import { encodeWire } from '../lib/update/wire';
import { compare, type Row } from './measure';

const LENGTH = 100_000;

export async function messages(): Promise<Row[]> {
  const random = generator(1, 'bench messages');
  const vector = Float32Array.from({ length: LENGTH }, () => random.normal() * 0.01);
  const message: Message = {
    fl: {
      kind: 'update',
      federation: 'bench',
      model: '0'.repeat(64),
      round: 1,
      attempt: 'bench.1',
      client: 'client-1',
      samples: 100,
      codecs: [],
      tensors: [[LENGTH, 100]],
      expected: 10,
      deadlineMs: 60_000,
    },
    payload: vectorPayload(vector),
  };
  const encoding = await compare(
    () => encodeWire(message),
    () => Buffer.from(message.payload),
  );
  const cloning = await compare(
    () => util.cloneMessage({ ...message }),
    () => util.cloneMessage({ ...message, payload: vector }),
  );
  return [
    {
      name: 'wire/encode',
      value: message.payload.length / encoding.ours / 1e6,
      unit: 'MB/s',
      against: 'memcpy',
      ratio: encoding.ratio,
    },
    { name: 'message/clone', value: cloning.ours * 1e6, unit: 'us', against: 'Float32Array', ratio: cloning.ratio },
  ];
}
