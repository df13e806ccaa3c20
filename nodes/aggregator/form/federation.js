/** Name, federation and model. */
const federationSection = () => ({
  defaults: {
    name: { value: '' },
    federation: {
      value: 'default',
      validate: function (value, _opt) {
        if (!value?.trim()) return this._('error.federation');
        const other = RED.nodes
          .filterNodes({ type: 'fl-aggregator' })
          .find((each) => each.id !== this.id && !each.d && (each.federation || '').trim() === value.trim());
        return !other || this._('error.federationTwice', { name: other.name || other.id });
      },
    },
    model: { value: '', type: 'fl-model', required: true },
  },
  numbers: [],
  switches: [],
});
