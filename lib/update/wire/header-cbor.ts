/** The header as a CBOR map: deterministic when written, bounded and strict when read. */
import { isUtf8 } from 'node:buffer';
import type { Header } from '../message';
import { broken } from './bytes';

/** Deeper than any header is, and more items than the largest cohort and normalisation have. */
const mostDeep = 6;
const mostItems = 200_000;

type Cborg = typeof import('cborg');

let loaded: Promise<Cborg> | undefined;

/** cborg has ES modules only. Kept, since asking for a module anew takes longer than to encode a header. */
function load(): Promise<Cborg> {
  loaded ??= import('cborg');
  return loaded;
}

type Tokenizer = NonNullable<NonNullable<Parameters<Cborg['decode']>[1]>['tokenizer']>;

/** RFC 8949, section 4.2.1: sorted keys, shortest integers and floats. */
export async function encodeHeader(header: Header): Promise<Uint8Array> {
  const { encode, rfc8949EncodeOptions } = await load();
  return encode(header, rfc8949EncodeOptions);
}

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
};

/** The tokens of `inner`, as long as they are neither too many nor too deep. */
function bounded(inner: Tokenizer): Tokenizer {
  /** How many items each open array or map still waits for. */
  const open: number[] = [];
  let items = 0;
  return {
    done: () => inner.done(),
    pos: () => inner.pos(),
    next() {
      const token = inner.next();
      if (++items > mostItems) broken('they hold too many items');
      const kind = token.type.name;
      if (kind === 'string' && token.byteValue && !isUtf8(token.byteValue)) broken('a text is not UTF-8');
      if (kind === 'array' || kind === 'map') {
        open.push(kind === 'map' ? 2 * token.value : token.value);
        if (open.length > mostDeep) broken('they are nested too deep');
      } else if (open.length > 0) open[open.length - 1]--;
      while (open.length > 0 && open[open.length - 1] === 0) {
        open.pop();
        if (open.length > 0) open[open.length - 1]--;
      }
      return token;
    },
  };
}

/** The map at the beginning of these bytes, and what comes after it. */
export async function decodeHeader(bytes: Buffer): Promise<{ header: unknown; rest: Buffer }> {
  const { decodeFirst, Tokenizer } = await load();
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const tokenizer = bounded(new Tokenizer(plain, strict));
  const [header]: unknown[] = decodeFirst(plain, { ...strict, tokenizer });
  return { header, rest: bytes.subarray(tokenizer.pos()) };
}
