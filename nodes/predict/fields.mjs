import { checkbox, message, name, observed } from '../shared/form/fields.mjs';

export default [
  name,
  ...observed,
  message('input', 'payload', { icon: 'sign-in' }),
  message('output', 'payload', { icon: 'sign-out' }),
  checkbox('keep', { value: true }),
];
