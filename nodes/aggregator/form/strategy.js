/** How updates become the next model: the parameters of the strategy that is chosen, and what does not go with it. */
const strategySection = ({ now, whole, between }) => {
  const above0 = (most) => (value) => between(value, 0, most) && Number(value) > 0;
  const below1 = (value) => between(value, 0, 1) && Number(value) < 1;
  const adaptive = ['fedadagrad', 'fedadam', 'fedyogi'];
  /** [strategies that have it, its value in a new node, whether an entry is right]; '' is the default of the strategy. */
  const parameters = {
    mu: [['fedprox'], '0.01', (value) => between(value, 0, 1e6)],
    alpha: [['feddyn'], '0.01', above0(1e6)],
    q: [['qfedavg'], '1', (value) => between(value, 0, 100)],
    beta: [['fedavgm'], '0.9', below1],
    beta1: [adaptive, '', below1],
    beta2: [['fedadam', 'fedyogi'], '0.99', below1],
    tau: [adaptive, '0.001', above0(1e6)],
    serverLearningRate: [['scaffold', 'fedavgm', ...adaptive], '', above0(1e6)],
    groups: [['ifca'], '2', (value) => whole(value, 2, 64)],
    eps1: [['clustered'], '0.4', (value) => between(value, 0, 1)],
    eps2: [['clustered'], '0.4', (value) => between(value, 0, 1)],
    minGroup: [['clustered'], '2', (value) => whole(value, 1, 1e6)],
    maxGroups: [['clustered'], '8', (value) => whole(value, 2, 64)],
  };
  const parameter = ([name, [strategies, initial, isRight]]) => [
    name,
    {
      value: initial,
      validate: function (value, _opt) {
        const isUsed = strategies.includes(now(this, 'strategy'));
        return !isUsed || String(value).trim() === '' || isRight(value) || this._(`error.${name}`);
      },
    },
  ];
  const isSet = (node, field) => Number(now(node, field) || 0) > 0;

  return {
    defaults: {
      strategy: {
        value: 'fedavg',
        // As createStrategy() of the library refuses them.
        validate: function (value, _opt) {
          const optimizer = now(this, 'optimizer');
          if (value === 'scaffold' && optimizer !== 'sgd') return this._('error.scaffoldSgd');
          if (value === 'scaffold' && now(this, 'option') !== '1' && isSet(this, 'clipNorm')) {
            return this._('error.scaffoldClip');
          }
          if (value === 'fedsgd' && optimizer !== 'sgd') return this._('error.fedsgdSgd');
          if (value === 'fednova' && optimizer === 'adam') return this._('error.fednovaAdam');
          if (value === 'fednova' && optimizer === 'momentum' && isSet(this, 'proximal')) {
            return this._('error.fednovaProximal');
          }
          return true;
        },
      },
      option: { value: '2' },
      ...Object.fromEntries(Object.entries(parameters).map(parameter)),
    },
    numbers: Object.keys(parameters),
    switches: ['strategy'],
    rechecks: { strategy: ['optimizer', 'clipNorm', 'option', 'proximal'] },
  };
};
