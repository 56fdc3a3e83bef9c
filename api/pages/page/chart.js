// Bar chart of one column of a table. Screen readers read the table, which holds the same numbers.

import {h} from './parts.js';

const SVG = 'http://www.w3.org/2000/svg';

/** `bars` are {label, text, value}; a value of null has no bar. */
export function chart(bars) {
  const most = Math.max(0, ...bars.map(({value}) => value ?? 0));
  return h('div', {class: 'chart', 'aria-hidden': 'true'}, bars.map(({label, text, value}) => h('div', {class: 'bar'},
    h('span', {class: 'label', title: label}, label), bar(most ? (value ?? 0) / most : 0), h('b', {}, text || '—'))));
}

/** The share is an attribute of the drawing: the policy of the pages allows no style attributes. */
function bar(share) {
  const drawing = document.createElementNS(SVG, 'svg');
  const rect = document.createElementNS(SVG, 'rect');
  rect.setAttribute('width', `${(share * 100).toFixed(2)}%`);
  rect.setAttribute('height', '100%');
  drawing.append(rect);
  return drawing;
}
