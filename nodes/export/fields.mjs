import { checkbox, choice, name, number, observed, text, tip } from '../shared/form/fields.mjs';

export default [
  name,
  ...observed,
  checkbox('int8', { value: true, label: 'label.formats', unit: 'format.int8', icon: 'files-o' }),
  checkbox('float32', { value: true, label: false, unit: 'format.float32' }),
  checkbox('header', { value: true, label: false, unit: 'format.header' }),
  checkbox('tfjs', { label: false, unit: 'format.tfjs' }),
  choice('when', ['rounds', 'end', 'topic'], { icon: 'clock-o' }),
  number('every', '10', [1, 100000], { label: false, unit: true, when: 'when=rounds' }),
  number('samples', '100', [1, 2000], { unit: true, when: 'int8=true', icon: 'database' }),
  choice('ranges', ['minmax', 'percentile', 'mse'], { when: 'int8=true', icon: 'arrows-h' }),
  checkbox('shrink'),
  choice('deliver', ['both', 'files', 'messages'], { icon: 'share' }),
  text('folder', { value: 'fl-tinyml/exports', when: 'deliver!=messages', icon: 'folder-o' }),
  text('fileName', { placeholder: true, icon: 'file-o' }),
  checkbox('numbered'),
  tip('tip'),
];
