/** What the clients are asked to do. */
const trainingSection = ({ now, whole, between, listOf }) => ({
  defaults: {
    epochs: {
      value: '1',
      validate: function (value, _opt) {
        return whole(value, 1, 10000) || this._('error.epochs');
      },
    },
    batchSize: {
      value: '16',
      validate: function (value, _opt) {
        return whole(value, 1, 65536) || this._('error.batchSize');
      },
    },
    optimizer: { value: 'sgd' },
    momentum: {
      value: '0.9',
      validate: function (value, _opt) {
        return (
          now(this, 'optimizer') !== 'momentum' ||
          (between(value, 0, 1) && Number(value) < 1) ||
          this._('error.momentum')
        );
      },
    },
    learningRate: {
      value: '0.05',
      validate: function (value, _opt) {
        return (between(value, 0, 100) && Number(value) > 0) || this._('error.learningRate');
      },
    },
    schedule: { value: 'constant' },
    scheduleFactor: {
      value: '0.9',
      validate: function (value, _opt) {
        return (
          !['step', 'exponential'].includes(now(this, 'schedule')) ||
          (between(value, 0, 1) && Number(value) > 0) ||
          this._('error.scheduleFactor')
        );
      },
    },
    scheduleEvery: {
      value: '10',
      validate: function (value, _opt) {
        return now(this, 'schedule') !== 'step' || whole(value, 1, 1e9) || this._('error.scheduleEvery');
      },
    },
    scheduleDecay: {
      value: '0.1',
      validate: function (value, _opt) {
        return (
          now(this, 'schedule') !== 'inverse' ||
          (between(value, 0, 1e6) && Number(value) > 0) ||
          this._('error.scheduleDecay')
        );
      },
    },
    proximal: {
      value: '0',
      validate: function (value, _opt) {
        return between(value, 0, 1e6) || this._('error.proximal');
      },
    },
    l2: {
      value: '0',
      validate: function (value, _opt) {
        return between(value, 0, 100) || this._('error.l2');
      },
    },
    clipNorm: {
      value: '0',
      validate: function (value, _opt) {
        return between(value, 0, 1e6) || this._('error.clipNorm');
      },
    },
    focalGamma: {
      value: '0',
      validate: function (value, _opt) {
        return value === undefined || between(value, 0, 100) || this._('error.focalGamma');
      },
    },
    classWeighting: { value: 'typed' },
    classWeightBeta: {
      value: '0.999',
      validate: function (value, _opt) {
        return (
          now(this, 'classWeighting') !== 'effective-number' ||
          (between(value, 0, 1) && Number(value) < 1) ||
          this._('error.classWeightBeta')
        );
      },
    },
    classWeightCap: {
      value: '10',
      validate: function (value, _opt) {
        return (
          !['balanced', 'effective-number'].includes(now(this, 'classWeighting')) ||
          between(value, 1, 1e6) ||
          this._('error.classWeightCap')
        );
      },
    },
    threshold: { value: 'none' },
    quantile: {
      value: '0.995',
      validate: function (value, _opt) {
        return (
          now(this, 'threshold') !== 'quantile' ||
          (between(value, 0, 1) && Number(value) > 0 && Number(value) < 1) ||
          this._('error.quantile')
        );
      },
    },
    unlikeness: { value: false },
    classWeights: {
      value: '',
      validate: function (value, _opt) {
        if (['balanced', 'effective-number'].includes(now(this, 'classWeighting'))) return true;
        const weights = listOf(value).map(Number);
        if (weights.length === 0) return true;
        if (!weights.every((weight) => Number.isFinite(weight) && weight > 0)) return this._('error.classWeights');
        const model = RED.nodes.node(now(this, 'model'));
        const labels =
          model && model.task === 'classify'
            ? String(model.labels || '')
                .split(/[,;\n]/)
                .filter((item) => item.trim() !== '').length
            : weights.length;
        return weights.length === labels || this._('error.classWeightCount', { labels });
      },
    },
    seed: {
      value: '1',
      validate: function (value, _opt) {
        return whole(value, 0, 4294967295) || this._('error.seed');
      },
    },
  },
  numbers: [
    'epochs',
    'batchSize',
    'momentum',
    'learningRate',
    'scheduleFactor',
    'scheduleEvery',
    'scheduleDecay',
    'proximal',
    'l2',
    'clipNorm',
    'focalGamma',
    'classWeightBeta',
    'classWeightCap',
    'quantile',
    'seed',
  ],
  switches: ['optimizer', 'schedule', 'classWeighting', 'threshold'],
});
