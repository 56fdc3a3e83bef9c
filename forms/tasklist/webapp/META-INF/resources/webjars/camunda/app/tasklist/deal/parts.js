// The parts that a repair waits for: what is ordered, and ordering another one.

import {Trouble, orderPart} from './api.js';
import {button, fill, h, section} from './dom.js';
import {FieldEditor} from './fields.js';
import {plural} from './text.js';

const AWAITING = 'awaitingParts'; // a stage

/** The section of a repair that waits for parts; null for every other deal. */
export function partsOf(desk) {
  const {deal, parts = []} = desk.data;
  return deal.stage.code === AWAITING ? new Parts(deal.id, parts).root : null;
}

class Parts {
  #key = null; // of the order being sent: a repeated sending orders once

  constructor(dealId, orders) {
    this.dealId = dealId;
    this.orders = orders;
    this.list = h('div', {'aria-live': 'polite'});
    this.part = new FieldEditor({code: 'part', label: 'Какая запчасть нужна', kind: 'text'}, {});
    this.quantity = new FieldEditor({code: 'quantity', label: 'Сколько, шт.', kind: 'integer'}, {});
    this.failure = h('p', {class: 'deal-error', role: 'alert'});
    this.ordering = button('Заказать запчасть', () => this.#order());
    const form = h('div', {class: 'deal-grid deal-new-note'}, this.part.root, this.quantity.root,
      h('div', {class: 'deal-wide'}, this.ordering, this.failure));
    for (const event of ['input', 'change']) {
      form.addEventListener(event, (happened) => {
        happened.stopPropagation(); // an order is not part of the card
        this.#key = null;
      });
    }
    this.#show();
    this.root = section('Запчасти для ремонта', this.list, form);
  }

  #show() {
    const open = this.orders.filter((order) => order.isOpen).length;
    const hint = open
      ? `Ждём ${plural(open, 'заказ', 'заказа', 'заказов')}. Когда последний будет выдан, ремонт продолжится сам.`
      : 'Закажите запчасть: когда её выдадут, ремонт продолжится сам.';
    fill(this.list, h('p', {class: 'deal-quiet'}, hint),
      this.orders.length ? h('ul', {class: 'deal-changes'}, this.orders.map((order) => h('li', {},
        h('b', {}, order.dealId), ` · ${order.part ?? 'запчасть'} · ${order.stage}`))) : null);
  }

  async #order() {
    if (this.ordering.disabled) return;
    const part = this.part.read();
    this.part.showError(part ? '' : 'Напишите, какая запчасть нужна.');
    if (!part) return void this.part.focus();
    this.#key ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.ordering.disabled = true;
    this.failure.textContent = '';
    try {
      this.orders.push(await orderPart(this.dealId, {part, quantity: this.quantity.read()}, this.#key));
      this.#key = null;
      for (const editor of [this.part, this.quantity]) editor.write(null);
      this.#show();
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      this.#explain(trouble);
    } finally {
      this.ordering.disabled = false;
    }
  }

  #explain(trouble) {
    const problems = trouble.problem?.errors ?? [];
    for (const editor of [this.part, this.quantity]) {
      editor.showError(problems.find(({field}) => field === editor.code)?.message ?? '');
    }
    this.failure.textContent = problems.length ? '' : trouble.message;
  }
}
