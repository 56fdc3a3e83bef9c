// Page «Новая сделка»: a direction, the client, and who already knows this client.

import {Trouble, newKey, post, read, readAll} from './deal/api.js';
import {Draft} from './deal/draft.js';
import {FieldEditor} from './deal/fields.js';
import {foundDeal} from './found.js';
import {listsOf, sourceOf} from './lookups.js';
import {start} from './page.js';
import {button, fill, h, select} from './parts.js';
import {turnAt} from './turns.js';

const FIRST = 5; // fields of the direction itself that are asked before «Ещё поля»
const TYPING = 400; // milliseconds without a key until the duplicates are looked for
const COMPARED = {inn: 'inn', contactPhone: 'phone', contactEmail: 'email'};

start(async ({view, me, first: [directions, fields]}) => {
  if (!me.leads.length) {
    fill(view, h('h1', {}, 'Новая сделка'), h('p', {class: 'empty'}, 'Заводят сделки менеджеры и руководители направлений. Попросите их или администратора портала.'));
    return;
  }
  const leads = directions.filter(({code}) => me.leads.some((one) => one.code === code));
  new NewDeal(view, me, leads, new Map(fields.map((field) => [field.code, field])));
}, () => Promise.all([readAll('/directions'), readAll('/fields')]));

/** The form; what is typed survives a reload, and pressing twice creates one deal. */
class NewDeal {
  #editors = [];
  #timer = 0;

  constructor(view, me, leads, fields) {
    this.me = me;
    this.leads = leads;
    this.fields = fields;
    this.draft = new Draft(me.login, 'new-deal');
    const kept = this.draft.read();
    this.key = kept.key ?? newKey();
    this.typed = kept.fields ?? {};
    const known = (code) => leads.find((one) => one.code === code);
    this.direction = known(new URLSearchParams(location.search).get('direction')) ?? known(kept.direction) ?? leads[0];
    this.form = h('div', {class: 'deal-grid'});
    this.more = h('details', {}, h('summary', {}, 'Ещё поля направления'));
    this.hint = h('div', {class: 'duplicates', 'aria-live': 'polite'});
    this.trouble = h('p', {class: 'bad', role: 'alert'});
    this.create = button('Создать сделку', () => this.#create(), 'main');
    this.managers = h('span', {});
    const choice = select(leads.map(({code, name}) => [code, name]), this.direction.code);
    choice.id = 'direction';
    choice.addEventListener('change', () => { this.direction = known(choice.value); this.#changed(); this.#show(); });
    fill(view, h('h1', {}, 'Новая сделка'),
      h('form', {class: 'new-deal', novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#create(); }},
        h('div', {class: 'field narrow'}, h('label', {for: 'direction'}, 'Направление'), choice), this.managers,
        this.form, this.hint, this.more, this.trouble,
        h('div', {class: 'buttons'}, this.create, button('Очистить', () => this.#clear()))));
    for (const place of [this.form, this.more]) {
      place.addEventListener('input', () => this.#changed());
      place.addEventListener('change', () => this.#changed());
    }
    this.#show();
  }

  /** Fields a person may fill now: not by the system, not by another role's task, no files. */
  get #writable() {
    const own = this.direction.fields.map((code) => this.fields.get(code));
    return own.filter((field) => field && !field.system && !field.filledBy.length && field.kind !== 'file');
  }

  async #show() {
    const mayShow = turnAt(this.form, {instead: true});
    const all = this.#writable;
    const common = all.filter(({group}) => group.code === 'request');
    const special = all.filter(({group}) => group.code !== 'request');
    let lists;
    try {
      lists = await listsOf(this.direction.code);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (mayShow()) this.#showTrouble(trouble);
      return;
    }
    if (!mayShow()) return;
    this.create.disabled = false;
    const made = (field) => {
      const editor = new FieldEditor({...field, value: null, text: '', list: sourceOf(field), required: false}, lists);
      if (this.typed[field.code] !== undefined) editor.write(this.typed[field.code]);
      return editor;
    };
    const first = [...special.slice(0, FIRST), ...common].map(made);
    const rest = special.slice(FIRST).map(made);
    this.#editors = [...first, ...rest];
    fill(this.form, first.map(({root}) => root));
    fill(this.more, h('summary', {}, `Ещё поля: ${rest.length}`), h('div', {class: 'deal-grid'}, rest.map(({root}) => root)));
    this.more.hidden = !rest.length;
    this.more.open = rest.some((editor) => editor.isDirty);
    await this.#showManagers();
    first[0]?.control.inputs[0].focus({preventScroll: true});
    this.#look();
  }

  /** Instead of fields: those of another direction must not stay. */
  #showTrouble(trouble) {
    this.create.disabled = true;
    this.#editors = [];
    this.more.hidden = true;
    fill(this.form, h('p', {class: 'bad', role: 'alert'}, trouble.message, ' ', button('Повторить', () => this.#show())));
  }

  /** A head chooses who leads the deal; a manager leads it. */
  async #showManagers() {
    const leadsIt = this.me.roles.some(({code}) => code === this.direction.managers.code);
    const mayShow = turnAt(this.managers, {instead: true});
    this.manager = null;
    fill(this.managers);
    if (leadsIt) return;
    const {items} = await read(`/roles/${this.direction.managers.code}/people`);
    if (!mayShow()) return;
    this.manager = select([['', 'выберите'], ...items.map(({login, name}) => [login, name])], this.typed.manager ?? '');
    this.manager.id = 'manager';
    this.manager.addEventListener('change', () => this.#changed());
    fill(this.managers, h('div', {class: 'field narrow', 'data-field': 'manager'}, h('label', {for: 'manager'}, 'Кто поведёт сделку'), this.manager));
  }

  #changed() {
    this.key = newKey();
    for (const editor of this.#editors) {
      if (editor.isDirty) this.typed[editor.code] = editor.read();
      else delete this.typed[editor.code];
    }
    if (this.manager?.value) this.typed.manager = this.manager.value;
    this.#keep();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), TYPING);
  }

  #keep() {
    this.draft.write({direction: this.direction.code, fields: this.typed, key: this.key});
  }

  /** Who is it already: deals with the same ИНН, phone or address, and what is wrong with them. */
  async #look() {
    const given = Object.entries(COMPARED).map(([code, name]) => [name, this.typed[code]]).filter(([, value]) => typeof value === 'string' && value.length >= 5);
    const mayShow = turnAt(this.hint, {instead: true});
    if (!given.length) return fill(this.hint);
    let answer;
    try {
      answer = await post('/deals/duplicates', Object.fromEntries(given));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      return mayShow() && fill(this.hint); // a hint: creating works without it
    }
    if (!mayShow()) return undefined;
    for (const {field, message} of answer.problems) this.#editor(field)?.showError(message);
    return fill(this.hint, answer.items.length > 0 && h('section', {class: 'note warn', 'aria-label': 'Похожие сделки'},
      h('p', {}, h('b', {}, 'Этот клиент уже есть. '), 'Проверьте, не та ли это сделка:'),
      h('ul', {class: 'found'}, answer.items.map(foundDeal))));
  }

  #editor(code) {
    return this.#editors.find((editor) => editor.code === code);
  }

  async #create() {
    if (this.create.disabled) return;
    this.trouble.textContent = '';
    const values = Object.fromEntries(this.#editors.filter((editor) => editor.isDirty).map((editor) => [editor.code, editor.read()]));
    if (this.manager && !this.manager.value) {
      this.trouble.textContent = 'Выберите, кто поведёт сделку.';
      return this.manager.focus();
    }
    this.create.disabled = true;
    this.#keep();
    try {
      const deal = await post('/deals', {direction: this.direction.code, fields: values, ...(this.manager ? {manager: this.manager.value} : {})}, this.key);
      this.draft.clear();
      sessionStorage.setItem('pit-done', `Сделка ${deal.id} создана.`);
      location.assign(`/deals/${deal.id}`);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      this.create.disabled = false;
      this.#explain(trouble);
    }
    return undefined;
  }

  #explain(trouble) {
    const homeless = [];
    for (const editor of this.#editors) editor.showError('');
    for (const {field, label, message} of trouble.errors) {
      const editor = this.#editor(field);
      if (editor) editor.showError(message);
      else homeless.push(`${label}: ${message}`);
    }
    this.trouble.textContent = [trouble.errors.length ? 'Исправьте отмеченное.' : trouble.message, ...homeless].join(' ');
    const wrong = this.#editors.find((editor) => !editor.error.hidden);
    if (wrong && this.more.contains(wrong.root)) this.more.open = true;
    wrong?.focus();
  }

  #clear() {
    this.typed = {};
    this.key = newKey();
    this.draft.clear();
    this.#show();
  }
}
