// Page «Воронка»: stages as columns; cards move by dragging or from the keyboard, by the rules of the stages.

import {Trouble, read} from './deal/api.js';
import {day, moment, plural, taskName} from './deal/text.js';
import {ageOf} from './age.js';
import {onChange} from './live.js';
import {closeLost, explainMissing, moveTo} from './moves.js';
import {start} from './page.js';
import {button, confirmed, fill, h, say, select} from './parts.js';
import {turnAt} from './turns.js';

const BASE = '/api/v1';
const KEPT = 'pit-board';
const REDRAWN = 60_000; // milliseconds after which even the same cards are drawn anew: ages and due dates go on

start(async ({view, me, first: {items: directions}}) => {
  const known = (code) => directions.some((one) => one.code === code);
  const asked = new URLSearchParams(location.search).get('direction') ?? localStorage.getItem(KEPT);
  const code = known(asked) ? asked : (me.leads[0] ?? directions[0]).code;
  const board = new Board(view, me, directions);
  await board.open(code);
  onChange('deals', () => board.refresh());
}, () => read('/directions'));

class Board {
  #data = null;
  #dragged = null; // the card on its way and the column it comes from
  #pressed = false; // a button of the mouse or a finger is down on the board
  #shownAt = 0;
  #stale = false; // news came while nothing might move under the hand

  constructor(view, me, directions) {
    this.me = me;
    this.directions = directions;
    this.leads = new Set(me.leads.map(({code}) => code));
    const mine = directions.filter(({code}) => this.leads.has(code));
    const others = directions.filter(({code}) => !this.leads.has(code));
    const pair = ({code, name}) => [code, name];
    this.direction = select(mine.length ? [{label: 'Мои направления', options: mine.map(pair)}, {label: 'Остальные', options: others.map(pair)}] : others.map(pair));
    this.direction.setAttribute('aria-label', 'Направление');
    this.direction.addEventListener('change', () => { this.manager.value = ''; this.open(this.direction.value); });
    this.manager = select([['', 'Все менеджеры']]);
    this.manager.setAttribute('aria-label', 'Менеджер');
    this.manager.addEventListener('change', () => this.#load());
    this.total = h('p', {class: 'quiet', role: 'status'});
    this.create = h('a', {class: 'button main', href: '/deals/new'}, 'Новая сделка');
    this.columns = h('div', {class: 'board', role: 'group', 'aria-label': 'Стадии'});
    this.closing = h('div', {class: 'closing', hidden: true});
    this.note = h('p', {class: 'note warn', hidden: true});
    fill(view, h('h1', {class: 'offscreen'}, 'Воронка'),
      h('div', {class: 'heading choices'}, h('div', {class: 'inline'}, this.direction, this.manager, this.total), this.create),
      this.note, this.columns, this.closing);
    this.columns.addEventListener('pointerdown', () => { this.#pressed = true; });
    for (const kind of ['pointerup', 'pointercancel']) document.addEventListener(kind, () => setTimeout(() => { this.#pressed = false; this.#catchUp(); })); // after the click
    document.addEventListener('close', () => this.#catchUp(), {capture: true}); // of a dialog
  }

  async open(code) {
    this.direction.value = code;
    localStorage.setItem(KEPT, code);
    history.replaceState(null, '', `/board?direction=${code}`);
    this.create.hidden = !this.leads.has(code);
    this.create.setAttribute('href', `/deals/new?direction=${code}`);
    await this.#load();
    await this.#showManagers();
  }

  /** Load again what is shown; while something is pressed or dragged or a dialog is open, afterwards. */
  async refresh() {
    if (this.#busy()) this.#stale = true;
    else await this.#load({quiet: true});
  }

  #busy() {
    return this.#pressed || this.#dragged !== null || document.querySelector('dialog[open]') !== null;
  }

  #catchUp() {
    if (this.#stale && !this.#busy()) this.#load({quiet: true});
  }

  async #load({quiet = false} = {}) {
    const query = this.manager.value ? `?manager=${this.manager.value}` : '';
    const mayShow = turnAt(this.columns, {instead: !quiet});
    if (!quiet) this.columns.setAttribute('aria-busy', 'true');
    let data;
    try {
      data = await read(`/directions/${this.direction.value}/board${query}`);
      if (quiet) await this.#readOn(data.columns);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (quiet || !mayShow()) return;
      this.columns.removeAttribute('aria-busy');
      fill(this.columns, h('p', {class: 'bad', role: 'alert'}, `${trouble.message} `, button('Повторить', () => this.#load())));
      return;
    }
    if (quiet && this.#busy()) { // a card was lifted meanwhile
      this.#stale = true;
      return;
    }
    if (!mayShow()) return;
    this.#stale = false;
    this.columns.removeAttribute('aria-busy');
    if (quiet && JSON.stringify(data) === JSON.stringify(this.#data) && Date.now() - this.#shownAt < REDRAWN) return;
    this.#data = data;
    this.#show();
  }

  /** Read columns as far as they are shown: who scrolled down stays there. */
  async #readOn(columns) {
    const shown = (code) => this.#data?.columns.find(({stage}) => stage.code === code)?.cards.length ?? 0;
    const shorter = () => columns.filter((column) => column.next && column.cards.length < shown(column.stage.code));
    while (shorter().length) await Promise.all(shorter().map((column) => this.#append(column)));
  }

  /** Add the next page to the cards of a column. Returns: the cards that it had not. */
  async #append(column) {
    const page = await read(column.next.slice(BASE.length));
    const shown = new Set(column.cards.map(({id}) => id));
    const fresh = page.cards.filter(({id}) => !shown.has(id));
    column.cards.push(...fresh);
    column.next = page.next;
    return fresh;
  }

  async #showManagers() {
    const mayShow = turnAt(this.manager, {instead: true});
    const {managers} = this.directions.find(({code}) => code === this.direction.value);
    const {items} = await read(`/roles/${managers.code}/people`);
    if (!mayShow()) return;
    const chosen = this.manager.value;
    fill(this.manager, h('option', {value: ''}, 'Все менеджеры'), items.map(({login, name}) => h('option', {value: login, selected: login === chosen}, name)));
  }

  #show() {
    this.#shownAt = Date.now();
    const held = /** @type {HTMLElement | null} */ (document.activeElement)?.closest('[data-key]')?.getAttribute('data-key');
    const places = new Map([...this.columns.querySelectorAll('.cards')].map((list) => [list.getAttribute('data-stage'), list.scrollTop]));
    const across = this.columns.scrollLeft;
    const count = this.#data.columns.reduce((sum, column) => sum + column.count, 0);
    this.total.textContent = count ? `Открыто: ${plural(count, 'сделка', 'сделки', 'сделок')}` : 'Открытых сделок нет';
    this.note.hidden = this.#data.tasksKnown;
    this.note.textContent = 'Движок процессов не отвечает: задачи на карточках появятся позже.';
    fill(this.columns, this.#data.columns.map((column) => this.#column(column)));
    fill(this.closing, this.#data.closing.map((stage) => this.#closing(stage)));
    for (const list of this.columns.querySelectorAll('.cards')) list.scrollTop = places.get(list.getAttribute('data-stage')) ?? 0;
    this.columns.scrollLeft = across;
    if (held) this.columns.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({preventScroll: true});
  }

  #column(column) {
    const code = column.stage.code;
    const list = h('ol', {class: 'cards', 'data-stage': code, 'aria-label': `Сделки: ${column.stage.name}`, tabindex: 0});
    fill(list, column.cards.map((card) => this.#card(card, column)), this.#more(column, list));
    list.addEventListener('scroll', () => this.#nearEnd(column, list), {passive: true});
    return h('section', {class: 'column', 'data-stage': code, 'aria-label': column.stage.name, ...this.#dropping(code)},
      h('header', {}, h('h2', {}, column.stage.name), h('p', {}, h('b', {}, column.count), this.#data.amountLabel && column.count > 0 && h('span', {title: this.#data.amountLabel}, column.amountText))),
      list);
  }

  /** The end of a column: its next page comes as one scrolls, or by the button. */
  #more(column, list) {
    if (!column.next) return column.cards.length ? null : h('li', {class: 'quiet none'}, 'Пусто');
    return h('li', {class: 'more'}, button(`Показать ещё (${column.count - column.cards.length})`, () => this.#next(column, list), '', {'data-key': `more-${column.stage.code}`}));
  }

  #nearEnd(column, list) {
    if (list.scrollTop + 2 * list.clientHeight > list.scrollHeight) this.#next(column, list);
  }

  async #next(column, list) {
    if (!column.next || column.loading) return;
    column.loading = true;
    try {
      const fresh = await this.#append(column);
      list.querySelector('.more')?.remove();
      list.append(...fresh.map((card) => this.#card(card, column)), ...[this.#more(column, list)].filter(Boolean));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      say(trouble.message, 'bad');
    } finally {
      column.loading = false;
    }
  }

  #card(card, column) {
    const late = card.tasks.some(({dueAt}) => dueAt && new Date(dueAt) < new Date());
    const name = card.counterparty || card.subject || 'Без названия';
    const movable = this.#mayMove(card) && (column.moves.length > 0);
    return h('li', {
      class: `card${late ? ' late' : ''}`, draggable: movable ? 'true' : null,
      ondragstart: (event) => this.#lift(event, card, column), ondragend: () => this.#putDown(),
    },
    h('p', {class: 'name'}, h('a', {href: `/deals/${card.id}`, 'data-key': card.id, draggable: 'false'}, name)),
    h('p', {class: 'facts'}, h('span', {}, card.id), card.amountText && h('b', {}, card.amountText), h('span', {}, ageOf(card.stage.since))),
    card.tasks.map((task) => this.#task(task)),
    h('p', {class: 'foot'}, h('span', {class: 'quiet'}, card.manager.login === this.me.login ? '' : card.manager.name),
      movable && button('Переместить', () => this.#choose(card, column), 'small', {'data-key': `move-${card.id}`, 'aria-label': `Переместить: ${name}`})));
  }

  #task(task) {
    const late = task.dueAt && new Date(task.dueAt) < new Date();
    const who = task.person?.name ?? task.group?.name ?? 'никто не взял';
    return h('p', {class: 'task'}, h('span', {}, taskName(task.name)), ' ', h('span', {class: 'quiet'}, task.mine ? 'у вас' : who),
      task.dueAt && h('time', {class: late ? 'bad' : null, datetime: task.dueAt, title: moment(task.dueAt)}, late ? `срок прошёл ${day(task.dueAt)}` : `до ${day(task.dueAt)}`));
  }

  #mayMove(card) {
    return card.manager.login === this.me.login;
  }

  #closing(stage) {
    return h('div', {class: `target ${stage.outcome}`, ...this.#dropping(stage.code)}, stage.name);
  }

  #dropping(code) {
    return {
      ondragover: (event) => {
        if (!this.#accepts(code)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'move';
        event.currentTarget.classList.add('over');
      },
      ondragleave: (event) => { if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.classList.remove('over'); },
      ondrop: (event) => {
        event.preventDefault();
        event.currentTarget.classList.remove('over');
        const {card, column} = this.#dragged ?? {};
        if (card && this.#accepts(code)) this.#move(card, column, code);
      },
    };
  }

  #accepts(code) {
    return this.#dragged !== null && this.#dragged.column.moves.includes(code);
  }

  #lift(event, card, column) {
    this.#dragged = {card, column};
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', card.id);
    this.columns.classList.add('dragging');
    for (const place of this.columns.querySelectorAll('.column')) {
      const code = place.getAttribute('data-stage');
      place.classList.toggle('allowed', column.moves.includes(code));
      place.classList.toggle('refused', code !== column.stage.code && !column.moves.includes(code));
    }
    this.closing.hidden = !this.#data.closing.some(({code}) => column.moves.includes(code));
    for (const [at, target] of [...this.closing.children].entries()) /** @type {HTMLElement} */ (target).hidden = !column.moves.includes(this.#data.closing[at].code);
  }

  #putDown() {
    this.#dragged = null;
    this.closing.hidden = true;
    this.columns.classList.remove('dragging');
    for (const place of this.columns.querySelectorAll('.column')) place.classList.remove('allowed', 'refused', 'over');
    this.#catchUp();
  }

  /** The same without dragging: a dialog with the stages that follow. */
  async #choose(card, column) {
    const dialog = h('dialog', {'aria-labelledby': 'choose-title', class: 'choose'});
    const close = () => { dialog.close(); dialog.remove(); };
    const back = /** @type {HTMLElement} */ (document.activeElement);
    dialog.addEventListener('close', () => { dialog.remove(); back?.focus(); });
    fill(dialog, h('h2', {id: 'choose-title'}, 'Куда переместить'), h('p', {}, card.title),
      h('div', {class: 'stack'}, column.moves.map((code) => button(this.#stageName(code), () => { close(); this.#move(card, column, code); }, this.#outcome(code) === 'lost' ? 'danger' : 'main'))),
      h('div', {class: 'buttons'}, button('Отмена', close)));
    document.body.append(dialog);
    dialog.showModal();
  }

  #stageName(code) {
    return [...this.#data.columns.map(({stage}) => stage), ...this.#data.closing].find((stage) => stage.code === code).name;
  }

  #outcome(code) {
    return this.#data.closing.find((stage) => stage.code === code)?.outcome ?? null;
  }

  async #move(card, column, code) {
    const outcome = this.#outcome(code);
    this.#putDown();
    if (outcome === 'lost') {
      if (await closeLost(card, this.direction.value)) this.#moved(card, 'Сделка закрыта как проигранная.');
      return;
    }
    if (outcome && !await confirmed('Закрыть сделку?', `${card.title}: «${this.#stageName(code)}». Вернуть её на доску будет нельзя.`, 'Закрыть сделку')) return;
    try {
      await moveTo(card, code);
      this.#moved(card, `${card.title}: «${this.#stageName(code)}».`);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (trouble.code === 'DEAL_CHANGED') {
        say('Сделку тем временем изменили: доска обновлена, повторите.', 'bad');
        await this.#load({quiet: true});
        return;
      }
      await explainMissing(card, this.#stageName(code), trouble);
    }
  }

  async #moved(card, words) {
    say(words);
    await this.#load({quiet: true});
    this.columns.querySelector(`[data-key="${CSS.escape(card.id)}"]`)?.focus();
  }
}
