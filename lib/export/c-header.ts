/** A .tflite file as a C header, for boards without a file system. */
import type { Grid } from './quantise';

export interface HeaderFacts {
  /** What the array is called; made into an identifier here. */
  name: string;
  /** Lines of plain text for the comment at the top. */
  about: readonly string[];
  type: 'float32' | 'int8';
  inputs: number;
  outputs: number;
  input?: Grid;
  output?: Grid;
  labels?: readonly string[];
  /** What has to be done to the features before they go in; absent: the file does it, or nothing is to be done. */
  normalisation?: { mean: readonly number[]; std: readonly number[] };
  arenaBytes: number;
}

const PER_LINE = 16;

/** Letters, digits and underscores, not beginning with a digit. */
export function identifier(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60)
    .toLowerCase();
  return /^[a-z]/.test(plain) ? plain : `model${plain && `_${plain}`}`;
}

/** A C string literal: what is not plain ASCII goes in as octal bytes, which end by themselves after three digits. */
function literal(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    // A question mark could make a trigraph.
    return /[A-Za-z0-9 _.,:;()+=<>-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${bytes.join('')}"`;
}

/** Nothing in a comment can end it, go on to the next line, or be a trigraph. */
const comment = (line: string): string =>
  line
    .replace(/[^\x20-\x7e]|\\/g, '.')
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *')
    .replace(/\?(?=\?)/g, '? ');

function real(value: number): string {
  const text = Math.fround(value).toPrecision(9);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

function rows(values: readonly string[], each: number): string {
  const lines: string[] = [];
  for (let i = 0; i < values.length; i += each) lines.push(`  ${values.slice(i, i + each).join(', ')}`);
  return lines.join(',\n');
}

function hex(file: Uint8Array): string {
  const lines: string[] = [];
  for (let i = 0; i < file.length; i += PER_LINE) {
    lines.push(
      `  ${Array.from(file.subarray(i, i + PER_LINE), (b) => `0x${b.toString(16).padStart(2, '0')}`).join(', ')}`,
    );
  }
  return lines.join(',\n');
}

export function cHeader(file: Uint8Array, facts: HeaderFacts): string {
  const name = identifier(facts.name);
  const upper = name.toUpperCase();
  const parts = [
    `/*\n${facts.about.map((line) => ` * ${comment(line)}`.trimEnd()).join('\n')}\n */`,
    `#ifndef ${upper}_H\n#define ${upper}_H`,
    `#if defined(__cplusplus)\n#define ${upper}_ALIGNED alignas(16)\n#else\n#define ${upper}_ALIGNED _Alignas(16)\n#endif`,
    [
      `#define ${upper}_INPUTS ${facts.inputs}`,
      `#define ${upper}_OUTPUTS ${facts.outputs}`,
      '/* An estimate: print arena_used_bytes() and take that. */',
      `#define ${upper}_ARENA_BYTES ${facts.arenaBytes}`,
    ].join('\n'),
  ];
  if (facts.input && facts.output) {
    parts.push(
      [
        '/* number = scale * (code - zero point) */',
        `#define ${upper}_INPUT_SCALE ${real(facts.input.scale)}`,
        `#define ${upper}_INPUT_ZERO_POINT (${facts.input.zeroPoint})`,
        `#define ${upper}_OUTPUT_SCALE ${real(facts.output.scale)}`,
        `#define ${upper}_OUTPUT_ZERO_POINT (${facts.output.zeroPoint})`,
      ].join('\n'),
    );
  }
  if (facts.labels) {
    const list = rows(facts.labels.map(literal), 4);
    parts.push(`#define ${upper}_LABELS ${facts.labels.length}`);
    parts.push(`static const char *const ${name}_labels[] = {\n${list}\n};`);
  }
  if (facts.normalisation) {
    const { mean, std } = facts.normalisation;
    parts.push(
      '/* The model takes normalised features: put (x - mean) / std in, feature by feature. */',
      `static const float ${name}_mean[] = {\n${rows(mean.map(real), 6)}\n};`,
      `static const float ${name}_std[] = {\n${rows(std.map(real), 6)}\n};`,
    );
  }
  parts.push(
    `${upper}_ALIGNED static const unsigned char ${name}[] = {\n${hex(file)}\n};`,
    `static const unsigned int ${name}_len = ${file.length};`,
    `#endif`,
  );
  return `${parts.join('\n\n')}\n`;
}
