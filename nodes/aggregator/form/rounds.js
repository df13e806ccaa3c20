/** Who is asked, how often, and how long a round waits. */
const roundsSection = ({ now, whole, between }) => {
  const counted = ['random', 'round-robin', 'weighted', 'power-of-choice', 'availability'];
  const uses = (node, sampler) => now(node, 'sampler') === sampler;
  /** The smallest cohort that a round of this node may have. */
  const cohort = (node) => {
    const clients = Number(now(node, 'minClients'));
    const sampler = now(node, 'sampler');
    if (counted.includes(sampler)) return Math.min(clients, Number(now(node, 'sampleCount')));
    if (sampler === 'share')
      return Math.min(
        clients,
        Math.max(Number(now(node, 'quorum')), Math.floor((clients * Number(now(node, 'samplePercent'))) / 100)),
      );
    return clients;
  };

  return {
    defaults: {
      start: { value: 'auto' },
      minClients: {
        value: '2',
        validate: function (value, _opt) {
          return whole(value, 1, 1000000) || this._('error.minClients');
        },
      },
      rounds: {
        value: '20',
        validate: function (value, _opt) {
          return whole(value, 0, 1000000000) || this._('error.rounds');
        },
      },
      sampler: { value: 'all' },
      sampleCount: {
        value: '2',
        validate: function (value, _opt) {
          return !counted.includes(now(this, 'sampler')) || whole(value, 1, 1000000) || this._('error.sampleCount');
        },
      },
      samplePercent: {
        value: '50',
        validate: function (value, _opt) {
          return (
            now(this, 'sampler') !== 'share' ||
            (Number(value) > 0 && Number(value) <= 100) ||
            this._('error.samplePercent')
          );
        },
      },
      candidates: {
        value: '4',
        validate: function (value, _opt) {
          if (!uses(this, 'power-of-choice')) return true;
          const enough = whole(value, 1, 1000000) && Number(value) >= Number(now(this, 'sampleCount'));
          return enough || this._('error.candidates');
        },
      },
      minBattery: {
        value: '20',
        validate: function (value, _opt) {
          return !uses(this, 'availability') || between(value, 0, 100) || this._('error.minBattery');
        },
      },
      minBytesPerSecond: {
        value: '0',
        validate: function (value, _opt) {
          return !uses(this, 'availability') || between(value, 0, 1e12) || this._('error.minBytesPerSecond');
        },
      },
      probability: {
        value: '0.5',
        validate: function (value, _opt) {
          const isRight = between(value, 0, 1) && Number(value) > 0;
          return !uses(this, 'poisson') || isRight || this._('error.probability');
        },
      },
      quorum: {
        value: '2',
        validate: function (value, _opt) {
          if (!whole(value, 1, 1000000)) return this._('error.quorum');
          const smallest = cohort(this);
          return !(Number(value) > smallest) || this._('error.quorumAboveCohort', { cohort: smallest });
        },
      },
      deadline: {
        value: '60',
        validate: function (value, _opt) {
          return between(value, 0.1, 2000000) || this._('error.deadline');
        },
      },
      pause: {
        value: '0',
        validate: function (value, _opt) {
          return between(value, 0, 2000000) || this._('error.pause');
        },
      },
    },
    numbers: [
      'minClients',
      'rounds',
      'sampleCount',
      'samplePercent',
      'candidates',
      'minBattery',
      'minBytesPerSecond',
      'probability',
      'quorum',
      'deadline',
      'pause',
    ],
    switches: ['sampler'],
    // The quorum is judged anew when what it is compared with changes.
    rechecks: {
      quorum: ['sampler', 'sampleCount', 'samplePercent', 'minClients'],
      candidates: ['sampler', 'sampleCount'],
    },
  };
};
