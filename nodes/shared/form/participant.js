/** What of a participant's fields takes more than their declaration says. */
const participantChecks = {
  capacity: function (value) {
    return Number(value) >= Number(now(this, 'minSamples')) || this._('error.capacityBelow');
  },
  // How many of the last layers, or their names.
  privateLayers: function (value) {
    return !/^\d+$/.test(String(value).trim()) || Number(value) >= 1 || this._('error.privateLayers');
  },
};

/** Names of the layers with parameters, as the library has them; undefined: the editor does not know them. */
const layersOf = (model) => {
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
};
/** Says what the layers that stay at home may be called. */
const showLayers = (node) => {
  const layers = layersOf(RED.nodes.node(now(node, 'model')));
  const named = layers && layers.length > 1;
  $('#fl-personal-layers').text(
    named ? node._('hint.layers', { layers: layers.join(', ') }) : node._('hint.lastLayers'),
  );
};
