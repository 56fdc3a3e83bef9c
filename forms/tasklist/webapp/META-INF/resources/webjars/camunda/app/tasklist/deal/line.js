// One typed line or comment with its label and its error.

import {h, uniqueId} from './dom.js';

/**
 * Label, control and error as one piece; `refuse('')` takes an error back. A hidden label is read out but not
 * shown: the control says the same as its placeholder.
 */
export function lineOf(label, box, {hidden = false} = {}) {
  const id = uniqueId('line');
  box.id = id;
  box.setAttribute('aria-describedby', `${id}-error`);
  if (hidden) box.placeholder = label;
  const error = h('p', {class: 'deal-error', id: `${id}-error`, role: 'alert', hidden: true});
  const root = h('div', {class: 'deal-field deal-line'},
    h('label', {for: id, class: hidden ? 'deal-offscreen' : null}, label), box, error);
  const refuse = (message) => {
    error.textContent = message;
    error.hidden = !message;
    box.setAttribute('aria-invalid', String(Boolean(message)));
    root.classList.toggle('deal-wrong', Boolean(message));
    if (message) box.focus();
  };
  return {root, box, refuse, get said() { return box.value.trim(); }};
}
