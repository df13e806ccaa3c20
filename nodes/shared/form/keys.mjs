// The keys of a node that signs: its own pair, and the list of those that it trusts. Its code includes form/keys.js.
import { html, text } from './fields.mjs';

const keyActions = `<div class="form-row">
  <label></label>
  <a href="#" id="fl-keys-generate" style="text-decoration: underline" data-i18n="label.generate"></a>
  <span id="fl-keys-note" style="margin-left: 8px"></span>
</div>`;

const trustedKeys = `<div class="form-row">
  <label style="width: 100%"><i class="fa fa-id-card-o"></i> <span data-i18n="label.trusted"></span></label>
  <ol id="node-input-trusted-list"></ol>
</div>`;

/** Rows of who it signs as, with which pair of keys. */
export const ownKeys = [
  text('signAs', { needed: true, placeholder: true, icon: 'user' }),
  { name: 'privateKey', kind: 'password', placeholder: true, autocomplete: 'new-password', icon: 'lock' },
  text('publicKey', { placeholder: true, readonly: true, icon: 'key' }),
  html(keyActions),
];

/** The list; its value is own('trusted', []). */
export const trusted = html(trustedKeys);
