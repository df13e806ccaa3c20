/** What makes a model hold when its samples are moved against it. */
const robustnessSection = ({ now, whole, between }) => ({
  defaults: {
    adversarial: {
      value: 'none',
      validate: function (value, _opt) {
        return value === 'none' || now(this, 'strategy') !== 'fedsgd' || this._('error.adversarialFedsgd');
      },
    },
    adversarialEpsilon: {
      value: '0.1',
      validate: function (value, _opt) {
        if (!['fgsm', 'pgd'].includes(now(this, 'adversarial'))) return true;
        return (between(value, 0, 1000) && Number(value) > 0) || this._('error.adversarialEpsilon');
      },
    },
    adversarialSteps: {
      value: '5',
      validate: function (value, _opt) {
        return now(this, 'adversarial') !== 'pgd' || whole(value, 1, 100) || this._('error.adversarialSteps');
      },
    },
    adversarialShare: {
      value: '50',
      validate: function (value, _opt) {
        if (!['fgsm', 'pgd'].includes(now(this, 'adversarial'))) return true;
        return between(value, 0, 100) || this._('error.adversarialShare');
      },
    },
    lipschitz: {
      value: '0',
      validate: function (value, _opt) {
        return between(value, 0, 1000) || this._('error.lipschitz');
      },
    },
  },
  numbers: ['adversarialEpsilon', 'adversarialSteps', 'adversarialShare', 'lipschitz'],
  switches: ['adversarial'],
  rechecks: { adversarial: ['strategy'] },
});
