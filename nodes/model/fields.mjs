import { checkbox, choice, html, keyed, note, number, own, shownWhen, text } from '../shared/form/fields.mjs';

const options = (...values) => keyed('option', ...values);
const layers = `<div class="form-row node-input-layers-row" style="min-height: 160px">
  <ol id="node-config-input-layers-list"></ol>
</div>`;
const summary = '<div class="form-row"><div class="fl-model-summary" id="fl-model-summary"></div></div>';

/** Of a network: predictions on public rows have none of it. */
const network = (...entries) => shownWhen('source!=consensus', entries);

export default [
  text('name', { placeholder: true, icon: 'tag' }),
  ...network(
    choice(
      'task',
      { classify: 'option.classify', 'multi-label': 'option.multiLabel', ...options('regress', 'anomaly') },
      { icon: 'bullseye' },
    ),
  ),
  text('labels', {
    value: 'no, yes',
    placeholder: true,
    when: 'source=consensus|task=classify,multi-label',
    icon: 'list-ul',
  }),
  ...network(number('outputs', '1', [1, Number.MAX_SAFE_INTEGER], { when: 'task=regress', icon: 'sign-out' })),
  choice('source', options('layers', 'file', 'consensus'), { icon: 'cubes' }),
  ...shownWhen('source=consensus', [
    text('publicRows', { width: '150px', icon: 'table' }),
    text('digest', { placeholder: true, icon: 'barcode' }),
    note('hint.consensus'),
  ]),
  ...shownWhen('source=file', [text('file', { needed: true, placeholder: true, icon: 'file-o' }), note('hint.file')]),
  ...network(
    choice(
      'backbone',
      { none: 'option.noBackbone', shipped: 'option.shipped', file: 'option.backboneFile' },
      { icon: 'snowflake-o' },
    ),
    choice('backboneShipped', [], {
      needed: true,
      error: 'error.backboneFile',
      when: 'backbone=shipped',
      icon: 'gift',
    }),
    ...shownWhen('backbone=file', [
      text('backboneFile', { needed: true, placeholder: true, icon: 'file-o' }),
      note('hint.backboneFile'),
    ]),
    text('features', { placeholder: true, icon: 'sliders' }),
  ),
  ...shownWhen('source=layers', [
    text('inputShape', { value: '4', unit: 'hint.inputShape', width: '130px', placeholder: true, icon: 'th' }),
    html(layers),
    own('layers', [{ type: 'dense', units: 16, activation: 'relu' }]),
    checkbox('addOutput', { value: true }),
    choice(
      'loss',
      {
        auto: 'option.lossAuto',
        ...options('softmax_cross_entropy', 'sigmoid_cross_entropy', 'mean_squared_error', 'huber'),
      },
      { icon: 'line-chart' },
    ),
  ]),
  ...network(
    choice('normalisation', options('federated', 'fixed', 'none'), { icon: 'balance-scale' }),
    ...shownWhen('normalisation=fixed', [text('mean', { placeholder: true }), text('std', { placeholder: true })]),
    number('seed', '1', [0, 4294967295], { icon: 'random' }),
    choice('engine', options('auto', 'core', 'tfjs'), { icon: 'cogs' }),
  ),
  html(summary),
];
