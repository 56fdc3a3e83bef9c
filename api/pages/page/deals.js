// Page «Сделки»: what the search finds, and the list with filters, saved views, a selection and an export.

import {Trouble, call, newKey, post, read} from './deal/api.js';
import {day, plural} from './deal/text.js';
import {ageOf} from './age.js';
import {foundDeal} from './found.js';
import {onChange} from './live.js';
import {start} from './page.js';
import {ask, button, fill, h, say, select, table} from './parts.js';
import {turnAt} from './turns.js';

const BASE = '/api/v1';
const SORTS = [['newest', 'Сначала новые'], ['waiting', 'Дольше на стадии'], ['amount', 'Крупнее сумма']];
const STATES = [['true', 'Открытые'], ['false', 'Закрытые'], ['', 'Все']];

const searched = (new URLSearchParams(location.search).get('text') ?? '').trim();

start(async ({view, me, first}) => {
  if (searched) return showFound(view, searched, first);
  const list = new DealList(view, me, first.items);
  await list.load();
  onChange('deals', () => list.refresh());
  return undefined;
}, () => read(searched ? `/search?text=${encodeURIComponent(searched)}` : '/directions'));

/** Results of the search in the header. */
function showFound(view, text, found) {
  const box = /** @type {HTMLInputElement | null} */ (document.querySelector('header .search input'));
  if (box) box.value = text;
  document.title = `${text} · P.I.T.`;
  const count = found.items.length;
  fill(view, h('h1', {}, `Поиск: ${text}`),
    h('p', {class: 'quiet', role: 'status'}, found.hint ?? (count ? `${found.more ? 'Показаны первые' : 'Найдено'}: ${plural(count, 'сделка', 'сделки', 'сделок')}` : '')),
    count > 0 && h('ul', {class: 'found results'}, found.items.map(foundDeal)),
    count === 0 && !found.hint && h('div', {class: 'empty'}, h('p', {}, 'Ничего не нашлось среди сделок, которые вам видны.'), h('p', {}, 'Ищут по номеру сделки, клиенту, ИНН, телефону, почте, номеру договора и серийному номеру.')),
    found.more && h('p', {}, 'Уточните запрос, чтобы увидеть остальные.'),
    h('p', {}, h('a', {href: '/deals'}, 'Все сделки')));
}

class DealList {
  #rows = [];
  #next = null;
  #chosen = new Set();
  #more = false; // whether further rows are being read

  constructor(view, me, directions) {
    this.me = me;
    this.directions = directions;
    this.heads = new Set(me.leads.map(({code}) => code));
    const roles = new Set(me.roles.map(({code}) => code));
    this.headed = new Set(directions.filter(({heads}) => roles.has(heads.code)).map(({code}) => code));
    const given = new URLSearchParams(location.search);
    const control = (name, label, options, standard = '') => {
      const made = select(options, given.get(name) ?? standard);
      made.name = name;
      made.setAttribute('aria-label', label);
      made.addEventListener('change', () => this.#filtered(name));
      return made;
    };
    this.direction = control('direction', 'Направление', [['', 'Все направления'], ...directions.map(({code, name}) => [code, name])]);
    this.stage = control('stage', 'Стадия', this.#stages(), given.get('stage') ?? '');
    this.state = control('open', 'Состояние', STATES, 'true');
    this.sort = control('sort', 'Порядок', SORTS, 'newest');
    this.manager = control('manager', 'Менеджер', [['', 'Все менеджеры']]);
    this.wanted = given.get('manager') ?? '';
    this.views = h('div', {class: 'tabs', role: 'group', 'aria-label': 'Сохранённые отборы'});
    this.bulk = h('div', {class: 'bulk', hidden: true});
    this.list = h('div', {});
    this.foot = h('p', {});
    this.download = h('a', {class: 'button', download: 'deals.csv'}, 'Выгрузить CSV');
    fill(view, h('div', {class: 'heading'}, h('h1', {}, 'Сделки'), h('div', {class: 'actions'}, this.download, me.leads.length > 0 && h('a', {class: 'button main', href: '/deals/new'}, 'Новая сделка'))),
      this.views, h('div', {class: 'filters', role: 'group', 'aria-label': 'Отбор'}, this.direction, this.stage, this.manager, this.state, this.sort, button('Сохранить отбор…', () => this.#saveView())),
      this.bulk, this.list, this.foot);
    this.#showViews();
    this.#showManagers();
  }

  #stages() {
    const chosen = this.directions.find(({code}) => code === this.direction.value);
    return [['', chosen ? 'Все стадии' : 'Стадия: выберите направление'], ...(chosen?.stages ?? []).map(({code, name}) => [code, name])];
  }

  async #showManagers() {
    const roles = [...new Set(this.directions.filter(({code}) => this.heads.has(code)).map(({managers}) => managers.code))];
    const people = new Map();
    for (const role of roles) for (const {login, name} of (await read(`/roles/${role}/people`)).items) people.set(login, name);
    fill(this.manager, h('option', {value: ''}, 'Все менеджеры'), [...people].map(([login, name]) => h('option', {value: login, selected: login === this.wanted}, name)));
  }

  get #query() {
    const query = new URLSearchParams();
    for (const control of [this.direction, this.stage, this.manager, this.state, this.sort]) if (control.value) query.set(control.name, control.value);
    if (this.wanted && !this.manager.value) query.set('manager', this.wanted);
    if (query.get('sort') === 'newest') query.delete('sort');
    return query;
  }

  #filtered(name) {
    if (name === 'direction') fill(this.stage, this.#stages().map(([value, label]) => h('option', {value}, label)));
    if (name === 'manager') this.wanted = '';
    // Sorted by sum or age are the open deals of the funnel; a list of all goes by number.
    if (name === 'open' && this.state.value !== 'true') this.sort.value = 'newest';
    if (name === 'sort' && this.sort.value !== 'newest') this.state.value = 'true';
    this.load();
  }

  async load() {
    const query = this.#query;
    history.replaceState(null, '', `/deals${query.size ? `?${query}` : ''}`);
    this.download.setAttribute('href', `${BASE}/deals/export?${query}`);
    this.#chosen.clear();
    await this.#page(`/deals?${query}${query.size ? '&' : ''}limit=50`, {instead: true});
  }

  async refresh() {
    if (this.#chosen.size || document.querySelector('dialog[open]') || this.#rows.length > 50 || this.#more) return;
    await this.#page(`/deals?${this.#query}${this.#query.size ? '&' : ''}limit=50`);
  }

  async #page(path, {more = false, instead = false} = {}) {
    const mayShow = turnAt(this.list, {instead});
    this.#more = more;
    let page;
    try {
      page = await read(path);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (!mayShow()) return undefined;
      this.#more = false;
      return void fill(this.foot, h('span', {class: 'bad', role: 'alert'}, trouble.message, ' '), button('Повторить', () => this.#page(path, {more})));
    }
    if (!mayShow()) return undefined;
    this.#more = false;
    this.#rows = more ? [...this.#rows, ...page.items] : page.items;
    this.#next = page.next;
    this.#show();
    return undefined;
  }

  #show() {
    fill(this.list, this.#rows.length ? table('Сделки', [...(this.headed.size ? ['Выбор'] : []), 'Клиент', 'Направление', 'Стадия', 'Сумма', 'Менеджер', 'Создана'], this.#rows.map((deal) => ({kind: deal.outcome === 'open' ? '' : 'retired', cells: this.#cells(deal)})))
      : h('div', {class: 'empty'}, 'Под этот отбор сделок нет.'));
    fill(this.foot, this.#next && button('Показать ещё', () => this.#page(this.#next.slice(BASE.length), {more: true})));
    this.#showBulk();
  }

  #cells(deal) {
    const name = deal.counterparty || deal.subject || 'Без названия';
    const box = h('input', {type: 'checkbox', 'aria-label': `Выбрать: ${name}, ${deal.id}`, onchange: () => {
      if (box.checked) this.#chosen.add(deal.id);
      else this.#chosen.delete(deal.id);
      this.#showBulk();
    }});
    box.checked = this.#chosen.has(deal.id);
    // Only the head of a direction gives its deals to another manager.
    const choice = this.headed.size ? [this.headed.has(deal.direction.code) && deal.outcome === 'open' ? box : ''] : [];
    return [...choice, [h('a', {href: `/deals/${deal.id}`}, name), h('div', {class: 'quiet'}, deal.id)], deal.direction.name,
      [deal.stage.name, deal.outcome === 'open' ? h('div', {class: 'quiet'}, ageOf(deal.stage.since)) : null], deal.amountText, deal.manager.name, day(deal.createdAt)];
  }

  #showBulk() {
    this.bulk.hidden = !this.#chosen.size;
    fill(this.bulk, h('span', {role: 'status'}, `Выбрано: ${this.#chosen.size}`), button('Передать менеджеру…', () => this.#give()), button('Снять выбор', () => { this.#chosen.clear(); this.#show(); }));
  }

  async #give() {
    const deals = this.#rows.filter(({id}) => this.#chosen.has(id));
    const directions = new Set(deals.map(({direction}) => this.directions.find(({code}) => code === direction.code).managers.code));
    if (directions.size > 1) return say('Выберите сделки направлений, которые ведёт одна роль.', 'bad');
    const {items} = await read(`/roles/${[...directions][0]}/people`);
    const choice = select([['', 'выберите'], ...items.map(({login, name}) => [login, name])]);
    Object.assign(choice, {id: 'bulk-manager', name: 'manager', required: true});
    const key = newKey();
    const answer = await ask(`Передать ${plural(deals.length, 'сделку', 'сделки', 'сделок')}`, [h('p', {}, 'Открытые задачи прежних менеджеров перейдут вместе со сделками.'),
      h('div', {class: 'field', 'data-field': 'manager'}, h('label', {for: 'bulk-manager'}, 'Новый менеджер'), choice, h('small', {}))],
    {yes: 'Передать', send: () => post('/deals/reassign', {deals: deals.map(({id, version}) => ({id, version})), manager: choice.value}, key)});
    if (!answer) return undefined;
    const refused = answer.items.filter(({reason}) => reason);
    say(`Передано: ${answer.items.length - refused.length}.${refused.length ? ` Не передано: ${refused.map(({id, reason}) => `${id}: ${reason}`).join(' ')}` : ''}`, refused.length ? 'bad' : 'good');
    await this.load();
    return undefined;
  }

  // Saved views

  async #showViews() {
    const mayShow = turnAt(this.views);
    const {items} = await read('/saved-views');
    if (!mayShow()) return;
    fill(this.views, items.map((one) => h('span', {class: 'inline'},
      h('a', {class: 'button', href: `/deals?${new URLSearchParams(one.query)}`}, one.name),
      button('×', () => this.#forget(one), 'small', {'aria-label': `Удалить отбор: ${one.name}`}))));
    this.views.hidden = !items.length;
  }

  async #saveView() {
    const name = h('input', {id: 'view-name', name: 'name', required: true, maxlength: 80, autocomplete: 'off'});
    const query = Object.fromEntries(this.#query);
    const done = await ask('Сохранить отбор', h('div', {class: 'field', 'data-field': 'name'}, h('label', {for: 'view-name'}, 'Название'), name, h('small', {}, 'Отбор с тем же названием заменится.')),
      {send: () => post('/saved-views', {name: name.value.trim(), query})});
    if (done) await this.#showViews();
  }

  async #forget(one) {
    await call('DELETE', `/saved-views/${one.id}`);
    await this.#showViews();
  }
}
