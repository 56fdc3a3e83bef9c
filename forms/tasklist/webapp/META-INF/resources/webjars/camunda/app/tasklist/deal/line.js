// One typed line, comment or tick with its label and its error.

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
  const error = errorOf(id);
  const root = h('div', {class: 'deal-field deal-line'},
    h('label', {for: id, class: hidden ? 'deal-offscreen' : null}, label), box, error);
  return {root, box, refuse: refusing(root, box, error), get said() { return box.value.trim(); }};
}

/** The same for something to tick. */
export function checkOf(label) {
  const id = uniqueId('check');
  const box = h('input', {type: 'checkbox', id, 'aria-describedby': `${id}-error`});
  const error = errorOf(id);
  const root = h('div', {class: 'deal-field deal-checks deal-check'}, h('label', {}, box, label), error);
  return {root, box, refuse: refusing(root, box, error)};
}

const errorOf = (id) => h('p', {class: 'deal-error', id: `${id}-error`, role: 'alert', hidden: true});

const refusing = (root, box, error) => (message) => {
  error.textContent = message;
  error.hidden = !message;
  box.setAttribute('aria-invalid', String(Boolean(message)));
  root.classList.toggle('deal-wrong', Boolean(message));
  if (!message) return;
  box.focus({preventScroll: true});
  root.scrollIntoView({block: 'center'});
};
