/** When an answer counts, and for how much; and which answers are worth sending. */
const timingSection = ({ now, whole, between }) => {
  const isAsync = (node) => now(node, 'timing') === 'async';
  const isOld = (node) => ['late', 'async'].includes(now(node, 'timing'));
  const uses = (node, field, ...values) => values.includes(now(node, field));
  const above0 = (value, most) => between(value, 0, most) && Number(value) > 0;
  const isBuffered = (node) => isAsync(node) && uses(node, 'method', 'fedbuff');
  const holdsBack = (node, ...rules) => !isAsync(node) && uses(node, 'sending', ...rules);
  /** [when it is used, its value in a new node, whether an entry is right] */
  const parameters = {
    overSelect: [(node) => !isAsync(node), '0', (value) => between(value, 0, 10)],
    mixing: [(node) => isAsync(node) && uses(node, 'method', 'fedasync'), '0.6', (value) => above0(value, 1)],
    bufferSize: [isBuffered, '3', (value) => whole(value, 1, 100000)],
    bufferRate: [isBuffered, '1', (value) => above0(value, 1000)],
    concurrency: [isAsync, '0', (value) => whole(value, 0, 1000000)],
    maxStaleness: [isOld, '5', (value) => whole(value, 0, 1000)],
    stalenessA: [isOld, '0.5', (value) => between(value, 0, 100)],
    stalenessB: [(node) => isOld(node) && uses(node, 'staleness', 'hinge'), '4', (value) => between(value, 0, 1000)],
    sendingThreshold: [(node) => holdsBack(node, 'norm', 'loss'), '0.01', (value) => above0(value, 1000)],
    sendingEvery: [(node) => holdsBack(node, 'periodic'), '3', (value) => whole(value, 1, 100000)],
    sendingPatience: [(node) => holdsBack(node, 'norm', 'loss'), '10', (value) => whole(value, 1, 100000)],
  };
  const parameter = ([name, [isUsed, initial, isRight]]) => [
    name,
    {
      value: initial,
      validate: function (value, _opt) {
        return !isUsed(this) || String(value).trim() === '' || isRight(value) || this._(`error.${name}`);
      },
    },
  ];
  const plainMeans = ['fedavg', 'fedprox', 'fedsgd', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'];

  return {
    defaults: {
      timing: {
        value: 'rounds',
        // As checkTogether() of the library refuses them.
        validate: function (value, _opt) {
          const strategy = now(this, 'strategy');
          if (value === 'async' && !['fedavg', 'fedprox'].includes(strategy)) return this._('error.timingStrategy');
          if (value === 'async' && now(this, 'sampler') !== 'all') return this._('error.timingSampler');
          if (value === 'late' && !plainMeans.includes(strategy)) return this._('error.lateStrategy');
          return true;
        },
      },
      method: { value: 'fedbuff' },
      staleness: { value: 'polynomial' },
      sending: {
        value: 'all',
        validate: function (value, _opt) {
          const isRight = value === 'all' || isAsync(this) || plainMeans.includes(now(this, 'strategy'));
          return isRight || this._('error.sending');
        },
      },
      ...Object.fromEntries(Object.entries(parameters).map(parameter)),
    },
    numbers: Object.keys(parameters),
    switches: ['timing', 'method', 'staleness', 'sending'],
    rechecks: { timing: ['strategy', 'sampler'], sending: ['strategy', 'timing'] },
  };
};
