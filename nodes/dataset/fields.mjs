import {
  checkbox,
  choice,
  html,
  keyed,
  modelIfAny,
  name,
  note,
  number,
  own,
  shownWhen,
  text,
  title,
} from '../shared/form/fields.mjs';

const options = (...values) => keyed('option', ...values);
const columns = { list: 'fl-dataset-column-names' };
/** Filled by the dialogue's code. */
const operator = (field, value) =>
  choice(field, [], { value, label: 'label.test', class: 'fl-dataset-operator', width: 'auto' });
const divided = 'split=column,iid,dirichlet,shards,quantity,feature-shift';
const positive = '(0, Infinity]';
const list = (of) => html(`<div class="form-row node-input-${of}-row"><ol id="node-input-${of}-list"></ol></div>`);

const source = [
  choice('source', options('shipped', 'file', 'flow'), { icon: 'database' }),
  choice('shipped', [], { needed: true, when: 'source=shipped', icon: 'gift' }),
  ...shownWhen('source=file', [
    text('file', { needed: true, placeholder: true, icon: 'file-text-o' }),
    choice('decimal', { '.': 'option.point', ',': 'option.comma' }, { width: 'auto' }),
  ]),
  note(undefined, { id: 'fl-dataset-columns' }),
];

const inputs = [
  title('inputs'),
  list('features'),
  own('features', []),
  text('groupColumn', { placeholder: true, ...columns, icon: 'object-group' }),
  checkbox('contiguousGroups'),
  text('timeColumn', { placeholder: true, ...columns, icon: 'clock-o' }),
  number('hop', '1', [1, 10000], { unit: 'unit.rows', icon: 'forward' }),
  choice('incomplete', options('wait', 'shorten')),
  choice('missing', options('drop', 'previous', 'fill'), { width: '45%', icon: 'question' }),
  number('fill', '0', '(-Infinity, Infinity)', { width: '140px', when: 'missing=fill', beside: true }),
  list('where'),
  own('where', []),
];

const label = [
  title('label'),
  choice('labelKind', options('none', 'class', 'several', 'number', 'threshold', 'within', 'end'), { icon: 'tag' }),
  text('labelColumn', {
    needed: true,
    label: 'label.column',
    when: 'labelKind=class,several,number,threshold,within',
    ...columns,
    icon: 'columns',
  }),
  ...shownWhen('labelKind=threshold,within', [
    operator('labelOperator', '<='),
    text('labelValue', { needed: true, width: '120px', beside: true }),
  ]),
  number('labelRows', '1', [1, 10000], { unit: 'unit.rows', when: 'labelKind=within,end' }),
  text('classes', { placeholder: true, when: 'labelKind=class,several,threshold,within,end', icon: 'list-ul' }),
];

const heldOut = [
  choice(
    'holdOut',
    {
      none: 'option.holdOutNone',
      fraction: 'option.fraction',
      condition: 'option.condition',
      all: 'option.holdOutAll',
    },
    { icon: 'lock' },
  ),
  ...shownWhen('holdOut=fraction', [
    number('holdOutPercent', '20', '[0, 100]', { label: false, unit: 'unit.percentOf', error: 'error.percent' }),
    choice('holdOutBy', { group: 'option.byGroup', sample: 'option.bySample' }, { width: 'auto', beside: true }),
  ]),
  ...shownWhen('holdOut=condition', [
    text('holdOutColumn', { needed: true, label: false, width: '110px', ...columns }),
    { ...operator('holdOutOperator', '>='), beside: true },
    text('holdOutValue', { width: '110px', beside: true }),
  ]),
];

const find = `<button type="button" class="red-ui-button" id="fl-dataset-find">
  <i class="fa fa-search"></i> <span data-i18n="label.find"></span>
</button>`;
const unlikeness = `<div class="form-row">
  <label></label>
  <button type="button" class="red-ui-button" id="fl-dataset-unlikeness">
    <i class="fa fa-bar-chart"></i> <span data-i18n="label.unlikeness"></span>
  </button>
  <div id="fl-dataset-unlikeness-report" class="fl-dataset-report"></div>
</div>`;
const split = [
  choice(
    'split',
    {
      single: 'option.single',
      column: 'option.byColumn',
      iid: 'option.iid',
      dirichlet: 'option.dirichlet',
      shards: 'option.shards',
      quantity: 'option.quantity',
      'feature-shift': 'option.featureShift',
    },
    { icon: 'sitemap' },
  ),
  text('clientColumn', { needed: true, when: 'split=column', ...columns }),
  number('clients', '3', [1, 1000], { unit: true, when: 'split=iid,dirichlet,shards,quantity,feature-shift' }),
  number('shards', '2', [1, 1000], { unit: true, when: 'split=shards' }),
  ...shownWhen('split=quantity', [
    choice('sizes', { 'power-law': 'option.powerLaw', dirichlet: 'option.dirichletSizes' }),
    number('exponent', '1', '[0, 10]', { unit: true, when: 'sizes=power-law' }),
  ]),
  number('alpha', '0.5', positive, { unit: true, when: 'split=dirichlet|split=quantity&sizes=dirichlet' }),
  ...shownWhen('split=feature-shift', [
    choice('shift', options('affine', 'noise')),
    number('strength', '0.5', '[0, 10]', { unit: true }),
  ]),
  number('least', '1', [0, 1000000], { unit: true, when: 'source=shipped,file&split=dirichlet,quantity' }),
  ...shownWhen(divided, [
    choice('outputMode', options('each', 'one'), { icon: 'sign-out' }),
    text('clientNames', { width: '45%', placeholder: true, when: 'split=column&outputMode=each', after: find }),
    checkbox('report'),
    { ...html(unlikeness), when: 'source=shipped,file' },
  ]),
];

const pace = [
  title('pace'),
  choice('start', options('deploy', 'message'), { icon: 'play' }),
  choice('pace', options('all', 'rate'), { icon: 'tachometer' }),
  number('blockSize', '256', [1, 65536], { unit: 'unit.samples', when: 'pace=all' }),
  ...shownWhen('pace=rate', [number('rate', '10', '(0, 1000]', { unit: 'unit.perSecond' }), checkbox('repeat')]),
];

export default [
  name,
  modelIfAny,
  ...source,
  ...inputs,
  ...label,
  title('split'),
  ...heldOut,
  ...split,
  number('seed', '1', [0, 4294967295], { icon: 'random' }),
  ...shownWhen('source=shipped,file', pace),
  text('topic', { placeholder: true, icon: 'envelope-o' }),
  html('<datalist id="fl-dataset-column-names"></datalist>'),
  own('outputs', 2),
];
