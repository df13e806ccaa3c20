/**
 * How a personal model is made, and which layers stay at home. `own(node, field)`: the value as it stands in the dialogue;
 * `methods`: those that the node has.
 */
const personalSection = ({ own, whole, methods }) => {
  const methodsOf = (field) =>
    ({
      privateLayers: ['fedper', 'fedrep'],
      personalEpochs: ['fine-tuning', 'fedrep', 'ditto'],
      personalRate: ['fine-tuning'],
      tuneEvery: ['fine-tuning'],
      lambda: ['ditto'],
    })[field] || ['per-fedavg'];
  const isUsed = (node, field) => methodsOf(field).includes(own(node, 'personal'));
  const checkedBy = (field, fits) =>
    function (value, _opt) {
      return !isUsed(this, field) || fits(String(value).trim()) || this._(`error.${field}`);
    };
  const above = (value) => Number(value) > 0 && Number(value) <= 1000;
  const aboveOrEmpty = (value) => value === '' || above(value);
  const count = (value) => whole(value, 1, 10000);
  const all = {
    personal: { value: 'none' },
    privateLayers: {
      value: '1',
      validate: checkedBy('privateLayers', (value) => (/^\d+$/.test(value) ? Number(value) >= 1 : value !== '')),
    },
    personalEpochs: { value: '1', validate: checkedBy('personalEpochs', count) },
    personalRate: { value: '', validate: checkedBy('personalRate', aboveOrEmpty) },
    tuneEvery: { value: '1', validate: checkedBy('tuneEvery', count) },
    lambda: {
      value: '0.1',
      validate: checkedBy('lambda', (value) => value !== '' && Number(value) >= 0 && Number(value) <= 1e6),
    },
    variant: { value: 'first-order' },
    alpha: { value: '0.01', validate: checkedBy('alpha', above) },
    beta: { value: '', validate: checkedBy('beta', aboveOrEmpty) },
    delta: { value: '0.001', validate: checkedBy('delta', above) },
    adaptationSteps: { value: '1', validate: checkedBy('adaptationSteps', count) },
    heldOut: {
      value: '20',
      validate: function (value, _opt) {
        if ((own(this, 'personal') || 'none') === 'none') return true;
        return (String(value).trim() !== '' && Number(value) >= 0 && Number(value) <= 50) || this._('error.heldOut');
      },
    },
  };
  const fields = Object.keys(all).filter(
    (field) => ['personal', 'heldOut'].includes(field) || methodsOf(field).some((method) => methods.includes(method)),
  );
  const NUMBERS = ['personalEpochs', 'tuneEvery', 'lambda', 'alpha', 'delta', 'adaptationSteps', 'heldOut'];
  return {
    defaults: Object.fromEntries(fields.map((field) => [field, all[field]])),
    numbers: NUMBERS.filter((field) => fields.includes(field)),
    /** Shows only what the chosen method has. */
    show() {
      $('#node-input-personal option')
        .filter((_, option) => option.value !== 'none' && !methods.includes(option.value))
        .remove();
      const method = $('#node-input-personal').val();
      $('[data-fl-personal]').each(function () {
        const variant = $(this).attr('data-fl-variant');
        const fits = !variant || variant === $('#node-input-variant').val();
        $(this).toggle(fits && $(this).attr('data-fl-personal').split(',').includes(method));
      });
    },
    /** What the layers may be called, for the hint. */
    hint(node) {
      const layers = this.layersOf(RED.nodes.node($('#node-input-model').val()));
      const named = layers && layers.length > 1;
      return named ? node._('hint.layers', { layers: layers.join(', ') }) : node._('hint.lastLayers');
    },
    /** Names of the layers with parameters, as the library has them; undefined: the editor does not know them. */
    layersOf(model) {
      if (!model || !Array.isArray(model.layers)) return undefined;
      const counts = {};
      // The fl-model adds the layer of the labels.
      const output = model.addOutput === false ? [] : ['dense'];
      return [...model.layers.map((layer) => String(layer.type)), ...output]
        .filter((type) => /^(dense|conv1d|conv2d|depthwise_conv2d)$/.test(type))
        .map((type) => {
          counts[type] = (counts[type] || 0) + 1;
          return `${type}_${counts[type]}`;
        });
    },
  };
};
