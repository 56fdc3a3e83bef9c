// The cost sent to the client by e-mail: its state, and sending it (again).

import {Trouble, sendCost} from './api.js';
import {banner, button, fill, h, section} from './dom.js';
import {FieldEditor} from './fields.js';
import {moment} from './text.js';

/** The section of the e-mail; `readyBy` is the editor of the date that the client agrees to. */
export function offerOf(desk, readyBy) {
  return new Offer(desk, readyBy).root;
}

class Offer {
  #key = null; // of the e-mail being sent: a repeated sending sends it once

  constructor(desk, readyBy) {
    this.dealId = desk.data.deal.id;
    this.readyBy = readyBy;
    const known = desk.data.deal.groups.flatMap((group) => group.fields).find(({code}) => code === 'contactEmail');
    this.email = new FieldEditor(
      {code: 'contactEmail', label: 'Электронная почта клиента', kind: 'email', value: known?.value ?? null}, {});
    this.state = h('div', {'aria-live': 'polite'});
    this.failure = h('p', {class: 'deal-error', role: 'alert'});
    this.sending = button('Отправить стоимость письмом', () => this.#send());
    const form = h('div', {class: 'deal-grid deal-new-note'}, this.email.root,
      h('div', {class: 'deal-wide'}, this.sending, this.failure));
    for (const event of ['input', 'change']) {
      form.addEventListener(event, (happened) => {
        happened.stopPropagation(); // not part of the answer
        this.#key = null;
      });
    }
    readyBy.root.addEventListener('input', () => { this.#key = null; });
    this.#show(desk.data.costOffer);
    this.root = section('Письмо клиенту', this.state, form);
  }

  #show(offer) {
    if (!offer) {
      return void fill(this.state, h('p', {class: 'deal-quiet'},
        'Клиент согласится или откажется по ссылке из письма, и обращение пойдёт дальше само. По телефону: заполните поля и нажмите ответ.'));
    }
    this.sending.textContent = 'Отправить ещё раз';
    fill(this.state, offer.isOpen
      ? banner('info', `Письмо отправлено ${moment(offer.createdAt)}`, h('p', {}, `Ссылка ждёт ответа до ${moment(offer.expiresAt)}.`))
      : banner('warning', 'Ссылка из письма больше не действует', h('p', {}, 'Вышел срок или изменились суммы. Отправьте письмо ещё раз или позвоните клиенту.')));
  }

  async #send() {
    if (this.sending.disabled) return;
    const email = this.email.read();
    const day = this.readyBy.read();
    this.email.showError(email ? '' : 'Укажите адрес клиента.');
    this.readyBy.showError(this.readyBy.problem() || (day ? '' : 'Укажите срок: клиент соглашается и на него.'));
    if (!email) return void this.email.focus();
    if (!this.readyBy.error.hidden) return void this.readyBy.focus();
    this.#key ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.sending.disabled = true;
    this.failure.textContent = '';
    try {
      this.#show(await sendCost(this.dealId, {readyBy: day, email}, this.#key));
      this.#key = null;
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      this.#explain(trouble);
    } finally {
      this.sending.disabled = false;
    }
  }

  #explain(trouble) {
    const problems = trouble.problem?.errors ?? [];
    const mine = problems.filter(({field}) => ['contactEmail', 'readyBy'].includes(field));
    this.email.showError(mine.find(({field}) => field === 'contactEmail')?.message ?? '');
    this.readyBy.showError(mine.find(({field}) => field === 'readyBy')?.message ?? '');
    const others = problems.filter((problem) => !mine.includes(problem)).map(({label, message}) => `${label}: ${message}`);
    this.failure.textContent = mine.length ? others.join(' ') : others.join(' ') || trouble.message;
  }
}
