// Holds the house: floors, cycles, length of files, loose types, dependencies, and what every node brings with it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './lib/ready.mjs';

const maxLines = 400;
const maxDependencies = 6;
const complaints = [];
const complain = (file, what) => complaints.push(`${file}: ${what}`);
const read = (file) => readFileSync(join(root, file), 'utf8');

const floors = ['lib', 'nodes', 'plugins', 'test', 'bench', 'types', 'scripts', 'core', 'firmware'];
const sources = floors
  .filter((floor) => existsSync(join(root, floor)))
  .flatMap((floor) =>
    readdirSync(join(root, floor), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  )
  .filter(
    (file) => /\.(ts|mjs|cjs|js|cpp|h|hpp|ino|html)$/.test(file) && !/(^|\/)(node_modules|build|golden)\//.test(file),
  );

for (const file of sources) {
  const lines = read(file).split('\n').length - 1;
  if (lines > maxLines) complain(file, `${lines} lines; ${maxLines} is the most, so it holds more than one idea`);
}

// Loose types and silenced checks. The words are built here so that this file does not find itself.
const silencers = [
  ['@ts-', 'ignore'],
  ['@ts-', 'nocheck'],
  ['@ts-', 'expect-error'],
  ['biome-', 'ignore'],
  ['eslint-', 'disable'],
].map((parts) => parts.join(''));
const codeOnly = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
const withoutTexts = (code) => code.replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
for (const file of sources.filter((name) => /\.(ts|mjs|cjs|js)$/.test(name))) {
  const text = read(file);
  for (const silencer of silencers) if (text.includes(silencer)) complain(file, `${silencer} is not allowed`);
  if (/(:|\bas|<|\|)\s*any\b/.test(withoutTexts(codeOnly(text))) && file.endsWith('.ts'))
    complain(file, 'the type any is not allowed');
}

// Imports: resolved to files of this repository, then floors and cycles.
const modules = sources.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const known = new Set(modules);
const importPattern =
  /(?:^|\n)\s*(import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|\b(?:import|require)\(\s*'([^']+)'\s*\)/g;
function importsOf(file) {
  const found = [];
  for (const match of codeOnly(read(file)).matchAll(importPattern)) {
    const name = match[3] ?? match[4];
    if (!name) continue;
    const isType = Boolean(match[2]);
    if (!name.startsWith('.')) {
      found.push({ name, isType });
      continue;
    }
    const base = normalize(join(dirname(file), name)).replace(/\.js$/, '');
    const target = [`${base}.ts`, `${base}/index.ts`].find((candidate) => known.has(candidate));
    found.push({ name, target, path: base, isType });
  }
  return found;
}
const graph = new Map(modules.map((file) => [file, importsOf(file)]));

const nodeFolder = (file) => /^nodes\/([^/]+)\//.exec(file)?.[1];
for (const [file, imports] of graph) {
  for (const { name, path, isType } of imports) {
    if (file.startsWith('lib/')) {
      if (path && !path.startsWith('lib/')) complain(file, `lib/ imports ${path}: a floor above it`);
      if (/^(@node-red\/|node-red($|\/|-))/.test(name))
        complain(file, `lib/ imports ${name}: the library knows nothing of Node-RED`);
    }
    if (file.startsWith('plugins/') && path && !/^(lib|plugins|nodes\/shared)(\/|$)/.test(path))
      complain(file, `a plugin imports ${path}: only lib/ and nodes/shared/ are below it`);
    if (file.startsWith('nodes/')) {
      if (path && !/^(lib|nodes)(\/|$)/.test(path))
        complain(file, `a node imports ${path}: only lib/ and nodes/shared/ are below it`);
      const folder = path && nodeFolder(`${path}/`);
      if (folder && folder !== 'shared' && folder !== nodeFolder(file))
        complain(file, `a node imports another node (${path})`);
      if (!path && !name.startsWith('node:') && !isType)
        complain(file, `a node imports ${name}: what is not lib/ belongs in lib/`);
    }
  }
}

// C++: the core uses nothing but itself and what every freestanding compiler brings; firmware uses the core.
const freestanding = /^std(int|def|arg)\.h$/;
for (const file of sources.filter((name) => /^(core|firmware)\/.*\.(cpp|h|ino)$/.test(name))) {
  const floor = file.startsWith('core/') ? ['core'] : ['core', 'firmware'];
  for (const [, open, name] of read(file).matchAll(/^#include (["<])([^">]+)/gm)) {
    if (open === '<') {
      if (floor.length === 1 && !freestanding.test(name)) complain(file, `the core includes <${name}>`);
      continue;
    }
    const path = normalize(join(dirname(file), name));
    if (existsSync(join(root, path)) && !floor.includes(path.split('/')[0]))
      complain(file, `includes ${path}: a floor above it`);
  }
}

/** Cycles of imports that exist at run time (type imports are erased): each reported once. */
function findCycles() {
  const state = new Map();
  const stack = [];
  const visit = (file) => {
    state.set(file, 'open');
    stack.push(file);
    for (const { target, isType } of graph.get(file) ?? []) {
      if (!target || isType) continue;
      if (state.get(target) === 'open') {
        complain(file, `import cycle: ${[...stack.slice(stack.indexOf(target)), target].join(' -> ')}`);
      } else if (!state.has(target)) visit(target);
    }
    stack.pop();
    state.set(file, 'done');
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
}
findCycles();

const manifest = JSON.parse(read('package.json'));
const dependencies = Object.keys(manifest.dependencies ?? {});
if (dependencies.length > maxDependencies)
  complain('package.json', `${dependencies.length} dependencies; ${maxDependencies} are the most`);
for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
  if (manifest.scripts[script]) complain('package.json', `an install script (${script}) is not allowed`);
}

// Every node: its html, locale, help, icon, and an example that shows it.
const exampleFolder = join(root, 'examples/flows');
const exampleFiles = existsSync(exampleFolder) ? readdirSync(exampleFolder) : [];
const shown = new Set();
for (const file of exampleFiles) {
  if (!file.endsWith('.json')) {
    complain(`examples/flows/${file}`, 'only .json files belong here');
    continue;
  }
  try {
    for (const entry of JSON.parse(read(`examples/flows/${file}`))) shown.add(entry.type);
  } catch (error) {
    complain(`examples/flows/${file}`, `is not JSON: ${error.message}`);
  }
}
for (const [type, script] of Object.entries(manifest['node-red'].nodes)) {
  const base = script.replace(/^dist\//, '').replace(/\.js$/, '');
  const name = base.split('/').pop();
  const folder = dirname(base);
  const needed = [
    `${base}.ts`,
    `${base}.html`,
    `${folder}/locales/en-US/${name}.json`,
    `${folder}/locales/en-US/${name}.html`,
  ];
  for (const file of needed) if (!existsSync(join(root, file))) complain(file, `${type} needs it`);
  if (!shown.has(type)) complain(`examples/flows`, `no example shows ${type}`);
  if (!existsSync(join(root, `${base}.html`))) continue;
  const html = read(`${base}.html`);
  const icon = /icon:\s*['"]([^'"]+)['"]/.exec(html)?.[1];
  if (!/category:\s*['"]config['"]/.test(html)) {
    if (!icon) complain(`${base}.html`, 'names no icon');
    else if (!/^font-awesome\//.test(icon) && !existsSync(join(root, folder, 'icons', icon)))
      complain(`${base}.html`, `icon ${icon} is not in icons/`);
  }
}

for (const complaint of complaints) console.log(complaint);
console.log(complaints.length === 0 ? `House in order: ${sources.length} files.` : `${complaints.length} to mend.`);
process.exitCode = complaints.length === 0 ? 0 : 1;
