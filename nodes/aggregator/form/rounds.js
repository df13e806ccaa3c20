/** What a round needs against whom it may ask. */
const roundsChecks = (() => {
  const counted = ['random', 'round-robin', 'weighted', 'power-of-choice', 'availability'];
  /** The smallest cohort that a round of this node may have. */
  const cohort = (node) => {
    const clients = Number(now(node, 'minClients'));
    const sampler = now(node, 'sampler');
    if (counted.includes(sampler)) return Math.min(clients, Number(now(node, 'sampleCount')));
    if (sampler !== 'share') return clients;
    const share = Math.floor((clients * Number(now(node, 'samplePercent'))) / 100);
    return Math.min(clients, Math.max(Number(now(node, 'quorum')), share));
  };
  return {
    candidates: function (value) {
      return Number(value) >= Number(now(this, 'sampleCount')) || this._('error.candidates');
    },
    quorum: function (value) {
      const smallest = cohort(this);
      return !(Number(value) > smallest) || this._('error.quorumAboveCohort', { cohort: smallest });
    },
  };
})();
