// Preloaded into node-red-dev: answers for the hosts that it asks, from what is installed here. The catalogue of all
// palettes is empty, so whether a name is taken elsewhere (P08, N01) is not judged.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const own = createRequire(join(__dirname, '../../package.json'));
const installed = ['node-red-5', 'node-red'].map((name) => own(`${name}/package.json`));
const nodeRed = {
  'dist-tags': { latest: installed[0].version, 'v4-maintenance': installed[1].version },
  versions: Object.fromEntries(installed.map(({ version, engines }) => [version, { engines }])),
};
const answers = [
  ['/catalogue.json', { modules: [] }],
  ['/node-red', nodeRed],
];

const axios = createRequire(process.argv[1])('axios');
axios.get = async (url) => {
  const answer = answers.find(([ending]) => url.endsWith(ending));
  if (!answer) throw new Error(`No answer prepared for ${url}`);
  return { data: answer[1] };
};
