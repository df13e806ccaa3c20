/** What does not go with a robust rule, as checkRule() and checkTogether() of the library refuse it. */
const ruleChecks = (() => {
  const replaced = [...plainMeans, 'ifca'];
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
      case 'foolsgold':
        return 3;
      default:
        return 1;
    }
  };
  return {
    rule: function (value) {
      if (!value || value === 'mean') return true;
      if (!replaced.includes(now(this, 'strategy'))) return this._('error.ruleStrategy');
      if (value === 'fltrust' && now(this, 'strategy') === 'ifca') return this._('error.ruleStrategy');
      if (['late', 'async'].includes(now(this, 'timing'))) return this._('error.ruleTiming');
      const fewest = needed(this);
      return Number(now(this, 'quorum')) >= fewest || this._('error.ruleQuorum', { count: fewest });
    },
    ruleF: function (value) {
      return now(this, 'rule') !== 'trimmed-mean' || Number(value) >= 1 || this._('error.ruleF');
    },
  };
})();
