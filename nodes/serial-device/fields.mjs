import {
  capacity,
  checkbox,
  choice,
  html,
  keyed,
  name,
  note,
  number,
  own,
  participant,
  shownWhen,
  text,
  title,
} from '../shared/form/fields.mjs';
import { personal } from '../shared/form/personal.mjs';

const features = `<div class="form-row">
  <label style="vertical-align: top"><i class="fa fa-list-ul"></i> <span data-i18n="label.features"></span></label>
  <span class="fl-serial-device-features" id="fl-serial-device-features"></span>
  <input type="hidden" id="node-input-features">
</div>`;
const rescan =
  '<a href="#" class="red-ui-button" id="fl-serial-device-rescan" data-i18n="[title]label.rescan"><i class="fa fa-refresh"></i></a>';

const options = (...values) => keyed('option', ...values);

export default [
  name,
  choice('board', options('virtual', 'serial'), { icon: 'microchip' }),
  note('hint.virtual', { when: 'board=virtual' }),
  ...shownWhen('board=serial', [
    text('port', { needed: true, width: 'calc(70% - 44px)', placeholder: true, icon: 'plug', after: rescan }),
    html('<div class="fl-serial-device-ports" id="fl-serial-device-ports"></div>'),
    note(undefined, { id: 'fl-serial-device-found' }),
    text('boardId', { placeholder: true, icon: 'id-card-o' }),
  ]),

  title('federation'),
  ...participant,
  choice('update', options('float32', 'int8'), { icon: 'upload' }),

  title('samples'),
  choice('source', options('flow', 'sensors'), { icon: 'sign-in' }),
  ...shownWhen('source=sensors', [
    choice('sensor', options('motion', 'microphone', 'climate', 'light', 'host'), { icon: 'heartbeat' }),
    number('channels', '3', [1, 16], { unit: true, when: 'sensor=host', icon: 'bars' }),
    number('rate', '50', '[0.01, 100000]', { unit: true, icon: 'tachometer' }),
    number('window', '50', [1, 65535], { unit: 'unit.readings', icon: 'arrows-h' }),
    number('hop', '25', [1, 65535], { unit: 'unit.readings', icon: 'forward' }),
    own('features', 'mean, deviation'),
    html(features),
    note(undefined, { id: 'fl-serial-device-width' }),
    checkbox('predict', { value: true }),
  ]),
  capacity('200'),
  note(undefined, { id: 'fl-serial-device-fit' }),
  choice('persistent', { true: 'option.persistent', false: 'option.memory' }, { when: 'source=flow', icon: 'hdd-o' }),
  checkbox('flash'),

  title('personal'),
  ...personal(['fine-tuning', 'fedper', 'fedrep', 'ditto']),
  own('outputs', 3),
];
