// The day and time at which a deal shall be shown as it was.

import {ask, dateBox, field, h} from './parts.js';

const CLOCK = /^\s*([01]?\d|2[0-3])[:., ]?([0-5]\d)\s*$/;

/** Ask for an instant; `since` is what is offered. Returns: ISO 8601 in UTC, null if nobody chose. */
export function askInstant(since) {
  const [iso, minute] = localTime(new Date(since));
  const date = dateBox(iso);
  const time = /** @type {HTMLInputElement} */ (h('input', {
    type: 'text', inputmode: 'numeric', placeholder: 'чч:мм', maxlength: 5, autocomplete: 'off', value: minute,
    oninput: () => time.setCustomValidity(CLOCK.test(time.value) ? '' : 'Укажите время, например 09:05.'),
  }));
  const content = [
    h('p', {}, 'Карточка, стадия, менеджер и файлы на этот момент.'),
    field('День', date, {name: 'date', required: true}),
    field('Время', time, {name: 'time', required: true})];
  return ask('Какой была сделка', content, {yes: 'Показать', send: () => instantOf(date.value, time.value)});
}

/** Day and time of an instant here: "2026-11-27" and "09:05". */
const localTime = (date) => [date.toLocaleDateString('sv-SE'), date.toLocaleTimeString('sv-SE').slice(0, 5)];

/** The instant of a day and a time here. Throws if it is still to come. */
function instantOf(iso, time) {
  const [, hour, minute] = CLOCK.exec(time);
  const instant = new Date(`${iso}T${hour.padStart(2, '0')}:${minute}`);
  if (instant > new Date()) throw new Error('Это время ещё не наступило: укажите прошедшее.');
  return instant.toISOString();
}
