/** What does not go with answers that come late, or that stay away, as checkTogether() of the library refuses it. */
const timingChecks = (() => {
  return {
    timing: function (value) {
      const strategy = now(this, 'strategy');
      if (value === 'async' && !['fedavg', 'fedprox'].includes(strategy)) return this._('error.timingStrategy');
      if (value === 'async' && now(this, 'sampler') !== 'all') return this._('error.timingSampler');
      return value !== 'late' || plainMeans.includes(strategy) || this._('error.lateStrategy');
    },
    sending: function (value) {
      return value === 'all' || plainMeans.includes(now(this, 'strategy')) || this._('error.sending');
    },
  };
})();
