// Puts a node's dialogue, or a plugin, together of its parts: Node-RED reads one HTML file, whole and plain.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { optionsOf, rowsOf } from './rows.mjs';

/** Parts are read here and not copied. */
export const isPart = (file) => /^(nodes\/[^/]+\/form|plugins\/[^/]+\/parts)\//.test(file);

const indented = (text, indent) => text.trimEnd().replace(/^(?=.)/gm, indent);

/** What a field is before anything is typed. */
function initialOf({ name, kind, value, options }) {
  if (value !== undefined) return value;
  if (kind === 'checkbox') return false;
  if (kind !== 'choice') return '';
  const [[first, group]] = [...optionsOf(name, options), ['']];
  return typeof group === 'object' ? optionsOf(name, group)[0][0] : first;
}

/** What the editor has to know of a field; its looks are in the rows. */
function forEditor(field) {
  const { name, kind, type, required, when, or, recheck } = field;
  const { empty, needed, longest, whole, between } = field;
  const isJudged = [needed, longest, whole, between].some((rule) => rule !== undefined);
  const error = isJudged ? (field.error ?? `error.${name}`) : undefined;
  const rules = { empty, needed, longest, whole, between, error };
  const known = { name, kind, value: initialOf(field), type, required, when, ...rules, or, recheck };
  return [known, ...(or ? [{ name: `${name}Type`, kind: 'own', value: or.chosen ? or.type : 'num' }] : [])];
}

function scriptOf(root, fields, prefix) {
  const known = fields.filter(({ name, kind }) => name !== undefined && kind !== 'password').flatMap(forEditor);
  const shared = readFileSync(join(root, 'nodes/shared/form/dialogue.js'), 'utf8');
  return [
    `const PREFIX = '#${prefix}';`,
    'const FIELDS = [',
    ...known.map((field) => `  ${JSON.stringify(field)},`),
    '];',
    shared,
  ].join('\n');
}

/**
 * The dialogue of nodes/x/x.html (`file`, relative to `root`): a line `// include form/part.js` stands for that part, with its
 * indentation (parts of several dialogues lie in ../shared/form); `<!-- fields -->` for the rows of the fields that fields.mjs
 * declares, `// fields` for what the editor does with them. In a plugin the parts lie in parts/, a style as well as code.
 */
export async function dialogueOf(root, file) {
  const folder = dirname(file);
  const whole = readFileSync(join(root, file), 'utf8').replace(
    /^([ \t]*)\/[/*] include ((?:(?:\.\.\/shared\/)?form|parts)\/[\w-]+\.(?:js|css))(?: \*\/)?$/gm,
    (_, indent, part) => indented(readFileSync(join(root, folder, part), 'utf8'), indent),
  );
  const declaration = join(root, folder, 'fields.mjs');
  // The help of a node has no fields.
  if (!existsSync(declaration)) return whole;
  const { default: fields } = await import(pathToFileURL(declaration));
  const prefix = /category:\s*'config'/.test(whole) ? 'node-config-input-' : 'node-input-';
  const look = readFileSync(join(root, 'nodes/shared/form/look.css'), 'utf8');
  const rows = ['<style>', indented(look, '  '), '</style>', rowsOf(fields, prefix)].join('\n');
  return whole
    .replace(/^([ \t]*)<!-- fields -->$/m, (_, indent) => indented(rows, indent))
    .replace(/^([ \t]*)\/\/ fields$/m, (_, indent) => indented(scriptOf(root, fields, prefix), indent));
}
