// A date to type or to choose, written as in Russia whatever the language of the browser.

import {h} from './dom.js';
import {day, dayForApi} from './text.js';

const ISO = /^\d{4}-\d\d-\d\d$/;

export class DateBox {
  #calendar;

  constructor(attributes = {}) {
    this.input = /** @type {HTMLInputElement} */ (h('input', {
      type: 'text', inputmode: 'numeric', placeholder: 'дд.мм.гггг', maxlength: 10, autocomplete: 'off', class: 'deal-digits', ...attributes,
      onblur: () => { this.value = dayForApi(this.input.value); },
    }));
    this.#calendar = /** @type {HTMLInputElement} */ (h('input', {
      type: 'date', tabindex: -1, 'aria-hidden': 'true', onchange: () => this.#choose(),
    }));
    this.root = h('span', {class: 'deal-date'}, this.input, this.#calendar,
      h('button', {type: 'button', 'aria-label': 'Выбрать в календаре', onclick: () => this.#open()}, '▾'));
  }

  /** "2026-11-27", '' without a date, or what was typed and is no date: the server explains it. */
  get value() {
    return dayForApi(this.input.value);
  }

  set value(iso) {
    this.input.value = ISO.test(iso ?? '') ? day(iso) : iso ?? '';
  }

  get problem() {
    return !this.value || ISO.test(this.value) ? '' : 'Укажите дату, например 27.11.2026.';
  }

  #open() {
    this.#calendar.value = ISO.test(this.value) ? this.value : '';
    this.#calendar.showPicker();
  }

  #choose() {
    this.value = this.#calendar.value;
    this.input.dispatchEvent(new Event('input', {bubbles: true}));
    this.input.dispatchEvent(new Event('change', {bubbles: true}));
    this.input.focus();
  }
}
