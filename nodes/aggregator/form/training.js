/** A weight for each label. */
const trainingChecks = {
  classWeights: function (value) {
    const weights = String(value)
      .split(/[,;\s]+/)
      .filter((item) => item !== '')
      .map(Number);
    if (weights.length === 0) return true;
    if (!weights.every((weight) => Number.isFinite(weight) && weight > 0)) return this._('error.classWeights');
    const model = RED.nodes.node(now(this, 'model'));
    const labels = model && model.task === 'classify' ? listOf(model.labels).length : weights.length;
    return weights.length === labels || this._('error.classWeightCount', { labels });
  },
};
