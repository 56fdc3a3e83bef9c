// DOM helpers of the desk's pages: elements, labeled fields, responsive tables, dialogs.

import {DateBox} from './deal/date.js';
import {fill, h} from './deal/dom.js';

export {fill, h};

export const button = (label, onclick, kind = '', more = {}) =>
  h('button', {type: 'button', class: kind || null, onclick, ...more}, label);

export const today = () => new Date().toLocaleDateString('sv-SE', {timeZone: 'Europe/Moscow'});

export const LAST_LOGIN = 'pit-login'; // who worked in this browser last

let messageTimer;

/** Show a status message, also to screen readers. */
export function say(text, kind = 'good') {
  const news = document.getElementById('news');
  news.className = kind;
  news.textContent = text;
  clearTimeout(messageTimer);
  messageTimer = setTimeout(() => (news.textContent = ''), 12_000);
}

/** A box for a date, with a first value like "2026-11-27"; a dialog refuses what is no date. */
export function dateBox(value = '', attributes = {}) {
  const box = new DateBox({...attributes, oninput: () => box.input.setCustomValidity(box.problem)});
  box.value = value;
  return box;
}

const problemOf = (control) => (control.required && !control.value.trim() ? 'Заполните это поле.' : control.validity?.customError ? control.validationMessage : '');

let lastId = 0;

/**
 * A control with its label, hint and error message.
 * @param {string} label
 * @param {any} control an element, or a `DateBox`
 * @param {{name: string, hint?: string, required?: boolean}} options
 */
export function field(label, control, {name, hint = '', required = false}) {
  lastId += 1;
  const {input = control, root = control} = control;
  input.id = `field-${lastId}`;
  input.name = name;
  input.required = required;
  const note = h('small', {id: `${input.id}-note`, 'data-hint': hint}, hint);
  input.setAttribute('aria-describedby', note.id);
  return h('div', {class: 'field', 'data-field': name},
    h('label', {for: input.id}, label, required ? h('span', {class: 'bad', 'aria-hidden': 'true'}, ' *') : null),
    root, note);
}

/** A select element; `options` are [value, text] pairs, or {label, options} for a group. */
export function select(options, value = '') {
  const option = (/** @type {any[]} */ [code, text]) => h('option', {value: code, selected: code === (value ?? '')}, text);
  return h('select', {}, options.map((one) => (Array.isArray(one) ? option(one) : h('optgroup', {label: one.label}, one.options.map(option)))));
}

/** A table whose rows become cards on a narrow screen; `rows` are arrays of cells. */
export function table(caption, heads, rows, look = '') {
  return h('table', {class: look || null},
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, heads.map((head) => h('th', {scope: 'col'}, head || h('span', {class: 'offscreen'}, 'Действия'))))),
    h('tbody', {}, rows.map(({cells, kind}) => h('tr', {class: kind || null}, cells.map((cell, at) => h('td', {'data-head': heads[at]}, cell))))));
}

/** Show an error; its `offer` is an element that helps, shown after the message. */
export function show(trouble, problem, close) {
  fill(trouble, problem.message, ' ', problem.offer?.(close));
}

/**
 * A dialog with a form. `send` is called with the form; an error that it throws is shown at the
 * fields it names and above the buttons, and the typed values stay.
 * @param {string} title
 * @param {any} content
 * @param {{yes?: string, no?: string, danger?: boolean, more?: any[], send?: (form: any) => any}} [options]
 */
export function ask(title, content, {yes = 'Сохранить', no = 'Отмена', danger = false, more = [], send} = {}) {
  return new Promise((resolve) => {
    const trouble = h('p', {class: 'bad', role: 'alert'});
    const submit = yes && h('button', {type: 'submit', class: danger ? 'danger' : 'main'}, yes);
    const form = h('form', {novalidate: true, onsubmit: submitted}, h('h2', {id: 'dialog-title'}, title), content, trouble,
      h('div', {class: 'buttons'}, submit, button(no, () => close(null)), more.map((one) => one(close, trouble))));
    const dialog = h('dialog', {'aria-labelledby': 'dialog-title', onclose: () => finish()}, form);
    const back = /** @type {HTMLElement | null} */ (document.activeElement);
    let answer = null;

    async function submitted(event) {
      event.preventDefault();
      unmark(form);
      trouble.textContent = '';
      const wrong = [...form.elements].filter(problemOf);
      for (const one of wrong) mark(form, one.name, problemOf(one));
      if (wrong.length) return wrong[0].focus();
      submit.disabled = true;
      try {
        close((await send?.(form)) ?? true);
      } catch (problem) {
        show(trouble, problem, close);
        for (const {field: name, message} of problem.errors ?? []) mark(form, name.replace(/^body\./, ''), message);
        form.querySelector('[aria-invalid]')?.focus();
      } finally {
        submit.disabled = false;
      }
    }

    function close(value) {
      answer = value;
      dialog.close();
    }

    function finish() {
      dialog.remove();
      back?.focus?.();
      resolve(answer);
    }

    document.body.append(dialog);
    dialog.showModal();
  });
}

export const confirmed = (title, sentence, yes, danger = false) => ask(title, h('p', {}, sentence), {yes, danger});

function mark(form, name, message) {
  const place = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (!place) return;
  place.classList.add('wrong');
  place.querySelector('input, select').setAttribute('aria-invalid', 'true');
  place.querySelector('small').textContent = message;
}

function unmark(form) {
  for (const place of form.querySelectorAll('.wrong')) {
    place.classList.remove('wrong');
    place.querySelector('input, select').removeAttribute('aria-invalid');
    const note = place.querySelector('small');
    note.textContent = note.dataset.hint ?? '';
  }
}
