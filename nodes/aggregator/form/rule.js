/** What stands in for the mean where some updates may lie, and when a client is no longer asked. */
const ruleSection = ({ now, whole, between }) => {
  const uses = (node, ...rules) => rules.includes(now(node, 'rule'));
  const above0 = (value, most) => between(value, 0, most) && Number(value) > 0;
  const isQuarantining = (node) => now(node, 'quarantine') === 'on' && now(node, 'timing') !== 'async';
  const byF = ['median', 'trimmed-mean', 'krum', 'multi-krum', 'bulyan'];
  /** [when it is used, its value in a new node, whether an entry is right]; an empty one has the default of the rule. */
  const parameters = {
    ruleF: [(node) => uses(node, ...byF), '1', (value, node) => whole(value, uses(node, 'trimmed-mean') ? 1 : 0, 4096)],
    ruleTrim: [(node) => uses(node, 'trimmed-mean'), '20', (value) => above0(value, 49.999)],
    ruleKeep: [(node) => uses(node, 'multi-krum'), '', (value) => whole(value, 1, 1000000)],
    ruleBound: [(node) => uses(node, 'norm-bound', 'centered-clip'), '', (value) => above0(value, 1e12)],
    ruleIterations: [(node) => uses(node, 'geometric-median', 'centered-clip'), '', (value) => whole(value, 1, 1000)],
    ruleNoise: [(node) => uses(node, 'flame'), '0.001', (value) => between(value, 0, 100)],
    quarantineRounds: [isQuarantining, '1000', (value) => whole(value, 2, 1000000000)],
  };
  const parameter = ([name, [isUsed, initial, isRight]]) => [
    name,
    {
      value: initial,
      validate: function (value, _opt) {
        return !isUsed(this) || String(value).trim() === '' || isRight(value, this) || this._(`error.${name}`);
      },
    },
  ];
  /** The fewest updates of a round, as the rules of the library have it. */
  const needed = (node) => {
    const f = Number(now(node, 'ruleF') || 1);
    switch (now(node, 'rule')) {
      case 'median':
        return 2 * f + 1;
      case 'trimmed-mean':
        return Math.ceil(f / (Number(now(node, 'ruleTrim') || 20) / 100) - 1e-9);
      case 'krum':
      case 'multi-krum':
        return 2 * f + 3;
      case 'bulyan':
        return 4 * f + 3;
      case 'flame':
        return 3;
      default:
        return 1;
    }
  };
  const plainMeans = ['fedavg', 'fedprox', 'fedsgd', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi', 'ifca'];

  return {
    defaults: {
      rule: {
        value: 'mean',
        // As checkRule() and checkTogether() of the library refuse them.
        validate: function (value, _opt) {
          if (!value || value === 'mean') return true;
          if (!plainMeans.includes(now(this, 'strategy'))) return this._('error.ruleStrategy');
          if (value === 'fltrust' && now(this, 'strategy') === 'ifca') return this._('error.ruleStrategy');
          if (['late', 'async'].includes(now(this, 'timing'))) return this._('error.ruleTiming');
          const fewest = needed(this);
          return Number(now(this, 'quorum')) >= fewest || this._('error.ruleQuorum', { count: fewest });
        },
      },
      ruleAbove: { value: 'clip' },
      ruleWeights: { value: 'uniform' },
      quarantine: { value: 'off' },
      ...Object.fromEntries(Object.entries(parameters).map(parameter)),
    },
    numbers: Object.keys(parameters),
    switches: ['rule', 'quarantine'],
    rechecks: { rule: ['strategy', 'timing', 'quorum', 'ruleF', 'ruleTrim'], ruleF: ['rule'] },
  };
};
