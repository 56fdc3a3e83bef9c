// The day and time at which a deal shall be shown as it was.

import {ask, dateBox, field, h} from './parts.js';

/** Ask for an instant; `since` is what is offered. Returns: ISO 8601 in UTC, null if nobody chose. */
export function askInstant(since) {
  const [iso, minute] = localTime(new Date(since));
  const date = dateBox(iso);
  const time = h('input', {type: 'text', inputmode: 'numeric', placeholder: 'чч:мм', maxlength: 5, autocomplete: 'off', value: minute});
  const content = [
    h('p', {}, 'Карточка, стадия, менеджер и файлы на этот момент.'),
    field('День', date, {name: 'date', required: true}),
    field('Время', time, {name: 'time', required: true})];
  return ask('Какой была сделка', content, {yes: 'Показать', send: () => instantOf(date, time.value)});
}

/** Day and time of an instant here: "2026-11-27" and "09:05". */
const localTime = (date) => [date.toLocaleDateString('sv-SE'), date.toLocaleTimeString('sv-SE').slice(0, 5)];

/** The instant of a typed day and time here. Throws what is wrong with them. */
function instantOf(date, time) {
  const [, hour, minute] = /^([01]?\d|2[0-3])[:., ]?([0-5]\d)$/.exec(time.trim()) ?? [];
  const wrong = [['date', date.problem], ['time', hour ? '' : 'Укажите время, например 09:05.']].filter(([, message]) => message);
  if (wrong.length) throw Object.assign(new Error('Проверьте день и время.'), {errors: wrong.map(([name, message]) => ({field: name, message}))});
  return new Date(`${date.value}T${hour.padStart(2, '0')}:${minute}`).toISOString();
}
