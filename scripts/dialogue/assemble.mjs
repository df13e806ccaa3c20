// Puts a node's dialogue together of its parts: Node-RED reads one HTML file, whole and plain.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { optionsOf, rowsOf } from './rows.mjs';

/** Parts are read here and not copied: x.form.html, and what lies in a folder form/. */
export const isPart = (file) => file.endsWith('.form.html') || /^nodes\/[^/]+\/form\//.test(file);

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
 * The dialogue of nodes/x/x.html (`file`, relative to `root`): x.form.html goes before it; a line `<!-- include form/part.html -->`
 * or `// include form/part.js` stands for that part, with its indentation (parts of several dialogues lie in ../shared/form);
 * `<!-- fields -->` or `<!-- fields SECTION -->` for the rows of the fields that fields.mjs declares, `// fields` for what the
 * editor does with them.
 */
export async function dialogueOf(root, file) {
  const folder = dirname(file);
  const included = (text) =>
    text.replace(
      /^([ \t]*)(?:<!-- include ((?:\.\.\/shared\/)?form\/[\w-]+\.html) -->|\/\/ include ((?:\.\.\/shared\/)?form\/[\w-]+\.js))$/gm,
      (_, indent, html, script) => indented(readFileSync(join(root, folder, html ?? script), 'utf8'), indent),
    );
  const form = file.replace(/\.html$/, '.form.html');
  const parts = [...(existsSync(join(root, form)) ? [form] : []), file];
  const whole = parts.map((part) => included(readFileSync(join(root, part), 'utf8'))).join('');

  const declaration = join(root, folder, 'fields.mjs');
  if (!existsSync(declaration)) return whole;
  const { default: declared } = await import(pathToFileURL(declaration));
  const sections = Array.isArray(declared) ? { '': declared } : declared;
  const look = readFileSync(join(root, 'nodes/shared/form/look.css'), 'utf8').trimEnd();
  const style = ['<style>', indented(look, '  '), '</style>', ''].join('\n');
  let isStyled = false;
  const prefix = /category:\s*'config'/.test(whole) ? 'node-config-input-' : 'node-input-';
  return whole
    .replace(/^([ \t]*)<!-- fields ?([\w-]*) -->$/gm, (_, indent, section) => {
      if (!sections[section]) throw new Error(`${file}: fields.mjs declares no section '${section}'`);
      const rows = rowsOf(sections[section], prefix);
      const styled = isStyled ? rows : style + rows;
      isStyled = true;
      return indented(styled, indent);
    })
    .replace(/^([ \t]*)\/\/ fields$/m, (_, indent) =>
      indented(scriptOf(root, Object.values(sections).flat(), prefix), indent),
    );
}
