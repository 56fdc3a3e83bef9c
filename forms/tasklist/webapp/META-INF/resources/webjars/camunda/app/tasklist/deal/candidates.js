// What 1C has under a number that was not accepted as it is: rows to choose from.

import {append, button, h} from './dom.js';
import {day, moneyForPeople} from './text.js';

/**
 * What was searched and, where 1C has rows, a choice between them; `details` come from the refusal.
 * `choose` says «Выбрать эту» or «Выбрать этот»; `pick` gets the chosen row.
 */
export function candidatesOf(details, choose, pick) {
  const rows = details.candidates ?? [];
  const searched = searchedOf(details.searched);
  if (!rows.length) return searched;
  const error = h('p', {class: 'deal-error', role: 'alert', hidden: true});
  const boxes = rows.map((row, index) => h('input', {
    type: 'radio', name: 'deal-candidate', value: row.ref, checked: rows.length === 1, onchange: () => { error.hidden = true; },
    'aria-describedby': `deal-candidate-${index}`,
  }));
  const take = () => {
    const index = boxes.findIndex((box) => box.checked);
    if (index >= 0) return pick(rows[index]);
    error.textContent = 'Отметьте нужную строку.';
    error.hidden = false;
    return boxes[0].focus();
  };
  return h('fieldset', {class: 'deal-section deal-candidates'}, h('legend', {}, 'Что нашлось в 1С'),
    rows.map((row, index) => h('label', {class: 'deal-candidate'}, boxes[index],
      h('span', {id: `deal-candidate-${index}`}, rowOf(row)))),
    error, button(choose, take, 'primary'), searched);
}

function rowOf(row) {
  const facts = [
    row.date ? `от ${day(row.date)}` : null,
    row.organisation,
    row.amount ? `${moneyForPeople(row.amount)} ₽` : null,
    row.code && row.code !== row.number ? `код ${row.code}` : null,
    row.client,
    row.warehouse ? `склад ${row.warehouse}` : null,
  ];
  return append(h('span', {}), h('b', {}, `№ ${row.number}`), ` ${facts.filter(Boolean).join(' · ')}`,
    row.note ? h('small', {}, row.note) : null);
}

function searchedOf(searched) {
  if (!searched) return null;
  const facts = [
    searched.number ? `номер ${searched.number}` : null,
    searched.client ? `клиент ${searched.client}` : null,
    searched.since ? `с ${day(searched.since)}` : null,
  ].filter(Boolean);
  return facts.length ? h('p', {class: 'deal-quiet'}, `Искали в 1С: ${facts.join(', ')}.`) : null;
}
