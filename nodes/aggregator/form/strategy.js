/** Those that go by the mean of the updates, and nothing else of them. */
const plainMeans = ['fedavg', 'fedprox', 'fedsgd', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'];
/** What does not go with a strategy, as createStrategy() of the library refuses it. */
const strategyChecks = {
  strategy: function (value) {
    const optimizer = now(this, 'optimizer');
    const isSet = (field) => Number(now(this, field) || 0) > 0;
    if (value === 'scaffold' && optimizer !== 'sgd') return this._('error.scaffoldSgd');
    if (value === 'scaffold' && now(this, 'option') !== '1' && isSet('clipNorm')) return this._('error.scaffoldClip');
    if (value === 'fedsgd' && optimizer !== 'sgd') return this._('error.fedsgdSgd');
    if (value === 'fednova' && optimizer === 'adam') return this._('error.fednovaAdam');
    if (value === 'fednova' && optimizer === 'momentum' && isSet('proximal')) return this._('error.fednovaProximal');
    return true;
  },
  adversarial: function (value) {
    return value === 'none' || now(this, 'strategy') !== 'fedsgd' || this._('error.adversarialFedsgd');
  },
};
