// The line for a number of 1C, kept while it is being typed.

import {h} from './dom.js';
import {lineOf} from './line.js';

export function numberOf(desk, label) {
  const line = lineOf(label, h('input', {type: 'text', maxlength: 100, autocomplete: 'off'}));
  line.box.value = desk.typed.number ?? '';
  line.box.addEventListener('input', () => {
    line.refuse('');
    desk.keep({number: line.box.value});
  });
  return line;
}
