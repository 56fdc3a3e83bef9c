// «Взять из заказа 1С»: ask for an order by its number, see what it would change, take its goods.
//
// The API never talks to 1C: a worker answers, so the dialog asks again until it has. What is shown is compared with one
// version of the deal, and only over that version the goods are written.

import {Trouble, newKey, post, read, take} from './api.js';
import {candidatesOf} from './candidates.js';
import {append, button, fill, h, uniqueId} from './dom.js';
import {goodsTable} from './goods.js';
import {day, plural} from './text.js';

const AGAIN = 1000; // milliseconds between two looks for the answer
const SLOW = 6000; // milliseconds after which the person is told that 1C takes its time
const PATIENCE = 150_000; // milliseconds; the server itself refuses after two minutes
const UNSAVED = 'Набранные строки товаров ещё не сохранены, товары заказа займут их место. Сначала сохраните карточку.';
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/**
 * Put the button below the goods of a card that is being edited, if it has them.
 * `save` resolves to whether the card is stored; `taken` hears that the goods are in the deal.
 */
export function offerOrder(editor, dealId, {save, taken}) {
  const goods = editor.editor('goods');
  if (!goods) return;
  const open = () => new OrderDialog(dealId, {isUnsaved: () => goods.isDirty, save, taken}).open();
  append(goods.root, h('p', {class: 'deal-order-offer'}, button('Взять из заказа 1С…', open, 'small')));
}

class OrderDialog {
  #turn = 0; // the question whose answer is waited for
  #key = newKey();

  constructor(dealId, {isUnsaved, save, taken}) {
    this.place = `/deals/${encodeURIComponent(dealId)}/order-requests`;
    this.isUnsaved = isUnsaved;
    this.save = save;
    this.taken = taken;
    const id = uniqueId('order');
    this.number = h('input', {id, type: 'text', maxlength: 100, autocomplete: 'off', required: true, 'aria-describedby': `${id}-hint`});
    this.find = h('button', {type: 'submit', class: 'deal-button deal-primary'}, 'Найти');
    this.form = h('form', {class: 'deal-order-form', novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#submit(); }},
      h('div', {class: 'deal-field'}, h('label', {for: id}, 'Номер заказа в 1С'), this.number), this.find,
      h('p', {class: 'deal-hint', id: `${id}-hint`}, 'Как в 1С, например ЗКУТ-000014; можно короче: 14.'));
    this.state = h('div', {role: 'status'});
    this.result = h('div', {class: 'deal-order-result', tabindex: 0, role: 'region', 'aria-label': 'Что нашлось в 1С', hidden: true});
    this.take = button('Взять', () => this.#take(), 'success', {hidden: true});
    this.root = h('dialog', {class: 'deal-view deal-document', 'aria-labelledby': `${id}-title`, onclose: () => this.#closed()},
      h('h2', {id: `${id}-title`}, 'Товары из заказа 1С'), this.form, this.state, this.result,
      h('div', {class: 'deal-document-bar'}, this.take, button('Отмена', () => this.root.close())));
  }

  open() {
    document.body.append(this.root);
    this.root.showModal();
    if (this.isUnsaved()) this.#askToSave();
    else this.number.focus();
  }

  #closed() {
    this.#turn += 1;
    this.root.remove();
  }

  #askToSave() {
    this.form.hidden = true;
    const saving = button('Сохранить карточку и продолжить', () => this.#save(saving), 'primary');
    fill(this.state, h('p', {class: 'deal-banner deal-banner-warning'}, UNSAVED), saving);
    saving.focus();
  }

  /** Where the card cannot be saved, it says why itself. */
  async #save(saving) {
    saving.disabled = true;
    if (!await this.save()) return this.root.close();
    fill(this.state);
    this.form.hidden = false;
    return this.number.focus();
  }

  #submit() {
    if (!this.number.value.trim()) return this.#refuse('Укажите номер заказа, как он написан в 1С.');
    return this.#ask({number: this.number.value});
  }

  async #ask(question) {
    this.#turn += 1;
    const turn = this.#turn;
    const asked = Date.now();
    this.#hide();
    this.#wait('Ищем заказ в 1С…');
    try {
      let answer = await post(this.place, question);
      while (answer.state === 'waiting') {
        await pause(AGAIN);
        if (turn !== this.#turn) return;
        const waited = Date.now() - asked;
        if (waited > PATIENCE) return void this.#refuse('1С не ответила. Через минуту нажмите «Найти» ещё раз или введите товары вручную.');
        if (waited > SLOW) this.#wait('1С отвечает дольше обычного. Ждём до двух минут.');
        answer = await read(`${this.place}/${answer.id}`);
      }
      if (turn === this.#turn) this.#show(answer);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (turn === this.#turn) this.#refuse(trouble.errors[0]?.message ?? trouble.message);
    }
  }

  #show(answer, news = '') {
    if (answer.state !== 'found') {
      this.#refuse(answer.sentence);
      if (answer.candidates.length) this.#reveal(candidatesOf(answer, 'Выбрать этот', ({number, ref}) => this.#ask({number, ref})));
      return;
    }
    this.answer = answer;
    this.#key = newKey();
    const {changes, goods, number, warnings} = answer;
    const lines = plural(goods.length, 'строка', 'строки', 'строк');
    fill(this.state, news && h('p', {class: 'deal-banner deal-banner-warning'}, news),
      h('p', {}, h('b', {}, `Заказ № ${number}${answer.day ? ` от ${day(answer.day)}` : ''}`), `: ${lines}.`),
      warnings.length > 0 && h('p', {class: 'deal-banner deal-banner-warning'}, `Обратите внимание: ${warnings.join('; ')}.`));
    this.#reveal(h('h3', {}, 'Что изменится в сделке'),
      changes.length ? h('ul', {}, changes.map((change) => h('li', {}, change))) : h('p', {}, 'Ничего: в сделке те же товары.'),
      h('h3', {}, 'Товары заказа'), goodsTable(goods));
    this.take.hidden = false;
  }

  async #take() {
    const turn = this.#turn;
    const {dealVersion, id, number} = this.answer;
    this.take.disabled = true;
    try {
      await take(`${this.place}/${id}/apply`, dealVersion, this.#key);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (turn === this.#turn) await this.#explain(trouble, id);
      return;
    } finally {
      this.take.disabled = false;
    }
    this.root.close();
    await this.taken(`Товары взяты из заказа 1С № ${number}.`);
  }

  /** Over a change of somebody else nothing is written: the order is compared with the deal as it is now. */
  async #explain(trouble, id) {
    if (trouble.code !== 'DEAL_CHANGED') return this.#refuse(trouble.message);
    this.#hide();
    this.#wait('Карточку тем временем изменили, сравниваем снова…');
    try {
      return this.#show(await read(`${this.place}/${id}`), `${trouble.message} Посмотрите, что изменится теперь, и нажмите «Взять» ещё раз.`);
    } catch (again) {
      if (!(again instanceof Trouble)) throw again;
      return this.#refuse(again.message);
    }
  }

  #wait(words) {
    fill(this.state, h('p', {}, words), h('progress', {'aria-label': 'Ждём ответа 1С'}));
  }

  #refuse(words) {
    this.#hide();
    fill(this.state, h('p', {class: 'deal-error', role: 'alert'}, words));
    this.number.focus();
  }

  #reveal(...content) {
    fill(this.result, content);
    this.result.hidden = false;
    this.result.scrollTop = 0;
  }

  #hide() {
    this.result.hidden = true;
    this.take.hidden = true;
  }
}
