/** What does not go with secure aggregation, as checkSecure() of the library refuses it. */
const secureChecks = (() => {
  const sums = [...plainMeans, 'feddyn'];
  return {
    secure: function (value) {
      if (value !== 'on') return true;
      if (!sums.includes(now(this, 'strategy'))) return this._('error.secureStrategy');
      if (now(this, 'rule') !== 'mean') return this._('error.secureRule');
      if (now(this, 'timing') !== 'rounds') return this._('error.secureTiming');
      if (now(this, 'quarantine') === 'on') return this._('error.secureQuarantine');
      if (now(this, 'sending') !== 'all') return this._('error.secureSending');
      if (now(this, 'sampler') === 'power-of-choice') return this._('error.secureSampler');
      if (now(this, 'threshold') !== 'none') return this._('error.secureAnomalies');
      return Number(now(this, 'quorum')) >= 3 || this._('error.secureQuorum');
    },
    secureNeighbours: function (value) {
      return Number(value || 0) % 2 === 0 || this._('error.secureNeighbours');
    },
  };
})();
