/** One aggregator serves a federation. */
const federationChecks = {
  federation: function (value) {
    const other = RED.nodes
      .filterNodes({ type: 'fl-aggregator' })
      .find((each) => each.id !== this.id && !each.d && (each.federation || '').trim() === String(value).trim());
    return !other || this._('error.federationTwice', { name: other.name || other.id });
  },
};
