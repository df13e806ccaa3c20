import { checkbox, choice, html, name, own, shownWhen, text } from '../shared/form/fields.mjs';

const keyActions = `<div class="form-row">
  <label></label>
  <a href="#" id="fl-wire-generate" style="text-decoration: underline" data-i18n="label.generate"></a>
  <span id="fl-wire-key-note" style="margin-left: 8px"></span>
</div>`;

const trustedKeys = `<div class="form-row">
  <label style="width: 100%"><i class="fa fa-id-card-o"></i> <span data-i18n="label.trusted"></span></label>
  <ol id="node-input-trusted-list"></ol>
</div>`;

export default [
  name,
  choice('direction', ['auto', 'pack', 'unpack'], { icon: 'exchange' }),
  checkbox('sign'),
  ...shownWhen('sign=true&direction!=unpack', [
    text('signAs', { needed: true, placeholder: true, icon: 'user' }),
    { name: 'privateKey', kind: 'password', placeholder: true, autocomplete: 'new-password', icon: 'lock' },
    text('publicKey', { placeholder: true, readonly: true, icon: 'key' }),
    html(keyActions),
  ]),
  checkbox('requireSignature', { when: 'direction!=pack' }),
  ...shownWhen('requireSignature=true&direction!=pack', [
    text('aggregator', { value: 'aggregator', unit: true, placeholder: true, width: '200px', icon: 'server' }),
    html(trustedKeys),
  ]),
  own('trusted', []),
];
