// Page of one deal: where it stands and what it needs, its card, documents, timeline, approval; also as it was.

import {Trouble, patch, post, newKey, read} from './deal/api.js';
import {groupsOf, roundsOf} from './deal/card.js';
import {FileField, documentsOf} from './deal/files.js';
import {Draft} from './deal/draft.js';
import {CardEditor} from './deal/editor.js';
import {notesOf} from './deal/notes.js';
import {offerOrder} from './deal/order.js';
import {templateButton} from './deal/templates.js';
import {day, moment, personName, plural, taskName} from './deal/text.js';
import {section} from './deal/dom.js';
import {ageOf} from './age.js';
import {foundDeal} from './found.js';
import {askInstant} from './instant.js';
import {listsOf, named} from './lookups.js';
import {follow, onChange} from './live.js';
import {closeLost, explainMissing, moveTo} from './moves.js';
import {start} from './page.js';
import {periodButton} from './period.js';
import {button, ask, confirmed, fill, h, say, select} from './parts.js';
import {previewFiles} from './preview.js';
import {processesOf} from './process.js';
import {sheetOf} from './sheet.js';
import {timelineOf} from './timeline.js';
import {turnAt} from './turns.js';

const LATE = 800; // milliseconds: without its tasks the page is shown then, and moves when they come
const READ = 1000; // milliseconds in which nobody has read of a conflict: a press then was meant before it
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

start(async ({view, me, first: {items: directions}, failed}) => {
  const id = decodeURIComponent(location.pathname.split('/')[2]);
  follow(id);
  const page = new DealPage(view, me, id, directions);
  previewFiles(view);
  try {
    await page.load();
  } catch (trouble) {
    if (trouble.status !== 404) return void failed(trouble);
    if (trouble.code === 'DEAL_NOT_YET_CREATED') {
      return void fill(view, h('h1', {}, 'Сделки ещё не было'), h('p', {}, trouble.message), h('a', {class: 'button main', href: `/deals/${id}`}, 'Показать сейчас'));
    }
    fill(view, h('h1', {}, 'Такой сделки нет'), h('p', {}, 'Её нет, или у вас нет к ней доступа. Проверьте номер или попросите ссылку у менеджера сделки.'),
      h('a', {class: 'button main', href: '/deals'}, 'К списку сделок'));
    return;
  }
  onChange('deals', (ids) => (!ids || ids.includes(id)) && page.refresh());
  onChange('tasks', () => page.refresh());
  const told = sessionStorage.getItem('pit-done');
  if (told) {
    sessionStorage.removeItem('pit-done');
    say(told);
  }
}, () => read('/directions'));

class DealPage {
  #editor = null;
  #opening = null;
  #files = [];

  constructor(view, me, id, directions) {
    this.me = me;
    this.id = id;
    this.at = new URLSearchParams(location.search).get('at');
    this.directions = directions;
    this.draft = new Draft(me.login, `card:${id}`);
    this.head = h('div', {class: 'deal-head'});
    this.steps = h('ol', {class: 'stages', 'aria-label': 'Стадии', tabindex: 0});
    this.next = h('div', {});
    this.tasks = h('div', {});
    this.linked = h('div', {});
    this.card = h('div', {id: 'card'});
    this.documents = h('div', {id: 'documents'});
    this.notes = h('div', {id: 'notes'});
    this.timeline = h('div', {id: 'timeline'});
    this.approval = h('div', {id: 'approval'});
    this.process = h('div', {id: 'process'});
    this.sheet = h('div', {class: 'sheet'});
    this.body = h('div', {class: 'deal-page deal-view'}, this.head, this.steps,
      h('div', {class: 'columns'},
        h('div', {class: 'beside'}, h('h2', {class: 'offscreen'}, 'Работа со сделкой'), this.next, this.tasks, this.linked),
        h('div', {class: 'mainly'}, this.card, this.documents, this.approval, this.process, this.notes, this.timeline)));
    this.view = view;
  }

  async load() {
    await this.#read();
    this.#show();
    const beside = this.at === null ? Promise.all([this.#showTasks(), this.#showLinked()]) : null;
    await Promise.race([beside, pause(LATE)]);
    fill(this.view, this.body, this.sheet);
    if (this.at === null) {
      fill(this.notes, notesOf(this.id, this.deal.canWrite ? {login: this.me.login} : null));
      this.events = timelineOf(this.id, this.deal.groups, (instant) => this.#goTo(instant));
      fill(this.timeline, this.events.root);
      this.processes = processesOf(this.id);
      fill(this.process, this.processes.root);
      await Promise.all([beside, this.#showApproval()]);
      if (Object.keys(this.draft.read()).length) await this.#edit({restored: true});
      this.#follow();
      addEventListener('hashchange', () => this.#follow());
    }
  }

  /** Returns: whether the deal is kept. */
  async #read() {
    const mayShow = turnAt(this);
    const past = this.at === null ? '' : `?at=${encodeURIComponent(this.at)}`;
    const deal = await read(`/deals/${this.id}${past}`);
    if (!mayShow() || !this.#keep(deal)) return false;
    this.direction = this.directions.find(({code}) => code === this.deal.direction.code);
    document.title = `${this.deal.title} · P.I.T.`;
    return true;
  }

  /** Keep a deal that came, unless a newer one came before it. Returns: whether it was kept. */
  #keep(deal) {
    if (deal.version < this.deal?.version) return false;
    this.deal = deal;
    return true;
  }

  /** Other people's changes; what is being typed stays, and what stands against it is named. */
  async refresh() {
    if (this.at !== null || document.querySelector('dialog[open]')) return;
    const seen = this.deal.version;
    const files = this.deal.files.length;
    let kept;
    try {
      kept = await this.#read();
    } catch (trouble) {
      if (trouble instanceof Trouble) return;
      throw trouble;
    }
    await Promise.all([this.#showTasks(), this.processes?.refresh()]);
    if (!kept || this.deal.version === seen && this.deal.files.length === files) return;
    this.#showHead();
    if (this.#editor) this.#rebase();
    else this.#showCard();
    for (const field of this.#files) field.rebase(this.deal.files);
    await Promise.all([this.#showApproval(), this.events?.refresh()]);
  }

  #show() {
    this.#showHead();
    this.#showCard();
    this.#showDocuments();
  }

  #showHead() {
    const {deal} = this;
    const name = deal.title.slice(deal.id.length).trim() || 'Без названия';
    fill(this.head,
      this.at !== null && h('p', {class: 'note warn', role: 'status'}, `Так сделка выглядела ${moment(this.at)}. `, h('a', {href: `/deals/${this.id}`}, 'Показать сейчас')),
      h('div', {class: 'heading'}, h('h1', {}, name, h('small', {}, deal.id)),
        h('div', {class: 'actions'},
          deal.canReassign && button('Передать менеджеру…', () => this.#give()),
          this.at === null && periodButton(deal, () => this.refresh()),
          this.at === null && button('Каким было…', () => this.#askInstant()))),
      h('p', {class: 'facts'}, h('span', {}, deal.direction.name), h('span', {}, 'Менеджер: ', h('b', {}, personName(deal.manager))),
        h('span', {}, `Создана ${day(deal.createdAt)}`), deal.closedAt ? h('span', {}, `Закрыта ${day(deal.closedAt)}`) : h('span', {}, ageOf(deal.stage.since)),
        deal.awaitsEngine && h('span', {class: 'bad'}, 'ждёт движок процессов')));
    const at = this.direction.stages.findIndex(({code}) => code === deal.stage.code);
    const line = this.direction.stages.filter(({outcome}) => !outcome);
    const closing = deal.outcome === 'open' ? [] : this.direction.stages.filter(({code}) => code === deal.stage.code);
    fill(this.steps, [...line, ...closing].map((stage) => {
      const place = this.direction.stages.indexOf(stage);
      const state = place === at ? 'now' : place < at ? 'done' : 'later';
      return h('li', {class: `${state} ${stage.outcome ?? ''}`, 'aria-current': state === 'now' ? 'step' : null}, stage.name);
    }));
    this.#showNext();
  }

  /** The stages that may follow, and what each of them needs. */
  #showNext() {
    const {deal} = this;
    if (this.at !== null || deal.outcome !== 'open') return fill(this.next);
    const ways = deal.stages.filter(({outcome}) => outcome !== 'lost');
    const lost = deal.stages.find(({outcome}) => outcome === 'lost');
    return fill(this.next, section('Что дальше',
      ways.length ? ways.map((stage) => this.#way(stage)) : h('p', {class: 'deal-quiet'}, 'Следующую стадию поставит процесс, когда будут выполнены открытые задачи.'),
      lost && deal.canWrite && button('Закрыть как проигранную…', () => this.#lose(), 'small danger')));
  }

  #way(stage) {
    const {canWrite} = this.deal;
    return h('div', {class: 'way'},
      stage.missing.length > 0 && [h('p', {}, `Для стадии «${stage.name}» не хватает: ${stage.missing.length}`),
        h('ul', {class: 'missing'}, stage.missing.map((label, at) => h('li', {}, h('a', {href: `#${stage.missingFields[at][0]}`, onclick: (event) => this.#goToField(event, stage.missingFields[at][0])}, label))))],
      canWrite && button(`Перевести на «${stage.name}»`, () => this.#move(stage), stage.missing.length ? '' : 'main', {disabled: stage.missing.length > 0}));
  }

  async #move(stage) {
    if (stage.outcome && !await confirmed('Закрыть сделку?', `${this.deal.title}: «${stage.name}». Вернуть её нельзя.`, 'Закрыть сделку')) return;
    try {
      this.#keep(await moveTo(this.deal, stage.code));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (trouble.code !== 'DEAL_CHANGED') return void await explainMissing(this.deal, stage.name, trouble);
      say('Сделку тем временем изменили: страница обновлена, повторите.', 'bad');
      return void await this.refresh();
    }
    say(`Сделка на стадии «${this.deal.stage.name}».`);
    this.#show();
    await Promise.all([this.#showTasks(), this.events.refresh()]);
  }

  async #lose() {
    if (!await closeLost(this.deal, this.deal.direction.code)) return;
    say('Сделка закрыта как проигранная.');
    await this.#read();
    this.#show();
    await Promise.all([this.#showTasks(), this.events.refresh()]);
  }

  async #give() {
    const {items} = await read(`/roles/${this.direction.managers.code}/people`);
    const choice = select([['', 'выберите'], ...items.filter(({login}) => login !== this.deal.manager.login).map(({login, name}) => [login, name])]);
    choice.id = 'new-manager';
    choice.name = 'manager';
    choice.required = true;
    const key = newKey();
    const done = await ask('Передать сделку', [h('p', {}, `${this.deal.title}. Открытые задачи менеджера перейдут вместе с ней.`),
      h('div', {class: 'field', 'data-field': 'manager'}, h('label', {for: 'new-manager'}, 'Новый менеджер'), choice, h('small', {}))],
    {yes: 'Передать', send: () => post(`/deals/${this.id}/manager`, {manager: choice.value, version: this.deal.version}, key)});
    if (!done) return;
    say('Сделка передана.');
    await this.#read();
    this.#show();
    await Promise.all([this.#showTasks(), this.events.refresh()]);
  }

  async #askInstant() {
    const instant = await askInstant(this.deal.stage.since);
    if (instant) this.#goTo(instant);
  }

  #goTo(instant) {
    location.assign(`/deals/${this.id}?at=${encodeURIComponent(instant)}`);
  }

  // The card

  #showCard() {
    this.#editor = null;
    const editable = this.deal.groups.some(({fields}) => fields.some((field) => field.editable));
    fill(this.card, h('div', {class: 'heading'}, h('h2', {}, 'Карточка'), editable && this.at === null && button('Изменить', () => this.#edit(), 'main')),
      groupsOf(this.deal, {only: this.deal.groups.map(({code}) => code)}).map((node, at) => node ?? this.#emptyGroup(this.deal.groups[at])));
  }

  #emptyGroup(group) {
    const names = group.fields.filter(({kind}) => kind !== 'file').map(({label}) => label);
    return h('section', {class: 'deal-section', 'aria-label': group.label}, h('h3', {}, group.label), h('p', {class: 'deal-quiet'}, `Не заполнено: ${names.join(', ')}.`));
  }

  async #edit({restored = false, focus = ''} = {}) {
    if (!this.#editor) {
      // Once for all who ask meanwhile: a second editor would take away what is typed in the first.
      this.#opening ??= this.#openEditor().finally(() => { this.#opening = null; });
      await this.#opening;
    }
    const editor = this.#editor.editor(focus);
    if (editor) editor.focus();
    else if (!restored) this.card.querySelector('input, select, textarea')?.focus({preventScroll: true});
  }

  async #openEditor() {
    const groups = named(this.deal.groups);
    const lists = await listsOf(this.deal.direction.code);
    const typed = this.draft.read();
    const editor = new CardEditor(groups, lists, () => this.draft.write(editor.dirty));
    editor.write(typed);
    this.#editor = editor;
    offerOrder(editor, this.id, {save: () => this.#save(), taken: (words) => this.#took(words)});
    this.trouble = h('p', {class: 'bad', role: 'alert'});
    this.save = button('Сохранить', () => this.#save(), 'main');
    fill(this.card, h('div', {class: 'heading'}, h('h2', {}, 'Карточка')),
      Object.keys(typed).length > 0 && h('p', {class: 'note'}, 'Восстановлено набранное и ещё не сохранённое.'),
      editor.nodes, h('div', {class: 'saving'}, this.save, button('Не сохранять', () => this.#drop()), this.trouble));
  }

  #drop() {
    this.draft.clear();
    this.#showCard();
    return true;
  }

  /** Returns: whether the card is stored. */
  async #save() {
    const fields = this.#editor.dirty;
    if (!Object.keys(fields).length) return this.#drop();
    this.save.disabled = true;
    this.trouble.textContent = '';
    try {
      this.#keep(await patch(`/deals/${this.id}`, {fields}, this.deal.version));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      this.save.disabled = false;
      await this.#explain(trouble);
      return false;
    }
    this.draft.clear();
    this.#show();
    say('Сохранено.');
    await this.events.refresh();
    return true;
  }

  /** Goods of an order have been written into the deal. */
  async #took(words) {
    say(words);
    await this.refresh();
    if (!this.#editor) return;
    if (!Object.keys(this.#editor.dirty).length) this.#drop();
    else if (!this.#editor.editors.some(({contested}) => contested)) this.trouble.textContent = 'Остальное набранное ещё не сохранено.';
  }

  async #explain(trouble) {
    if (trouble.code === 'DEAL_CHANGED') {
      await this.#read();
      return this.#rebase();
    }
    const homeless = this.#editor.showErrors(trouble.errors);
    this.trouble.textContent = [trouble.errors.length ? 'Исправьте отмеченное.' : trouble.message, ...homeless].join(' ');
    return undefined;
  }

  #rebase() {
    const conflicts = this.#editor.rebase(named(this.deal.groups));
    this.#showHead();
    if (conflicts.length) {
      this.save.disabled = true;
      setTimeout(() => { this.save.disabled = false; }, READ);
    }
    this.trouble.textContent = conflicts.length
      ? `Пока вы работали, изменили: ${conflicts.join(', ')}. У поля написано, что в карточке сейчас; сохраните своё или верните прежнее.`
      : 'Карточку тем временем изменили, ваши значения на месте. Проверьте и сохраните.';
  }

  /** An address ends with the code of a field: open the card there. */
  #follow() {
    const code = decodeURIComponent(location.hash.slice(1));
    if (code) this.#open(code);
  }

  #goToField(event, code) {
    event.preventDefault();
    history.replaceState(null, '', `#${code}`);
    this.#open(code);
  }

  #open(code) {
    const file = this.#files.find(({field}) => field.code === code);
    if (file) return file.focus();
    const field = this.deal.groups.flatMap(({fields}) => fields).find((one) => one.code === code);
    if (field?.editable) return this.#edit({focus: code});
    return undefined;
  }

  // Documents

  #showDocuments() {
    const {deal} = this;
    const open = this.at === null ? deal.fileFields.filter((field) => field.editable) : [];
    this.#files = open.map((field) => new FileField(field, deal.files.filter((file) => file.field === field.code), this.id, (file) => this.#stored(file), {photo: true}));
    const others = deal.files.filter((file) => !open.some(({code}) => code === file.field));
    fill(this.documents, h('div', {class: 'heading'}, h('h2', {}, 'Документы'), this.at === null && templateButton(this.id, 'contract')),
      open.length > 0 && section('Приложить', h('p', {class: 'deal-quiet'}, 'Перетащите файл на документ или выберите его. PDF, фото, DOCX, XLSX.'), h('div', {class: 'deal-grid'}, this.#files.map(({root}) => root))),
      others.length > 0 || !open.length ? documentsOf(deal, others, open.length ? 'Остальные' : 'Файлы') : null);
  }

  async #stored(file) {
    say(`Файл «${file.name}» приложен.`);
    await this.#read();
    this.#showHead();
    await this.events.refresh();
  }

  // Beside the card

  async #showTasks() {
    const mayShow = turnAt(this.tasks);
    let items;
    try {
      ({items} = await read(`/deals/${this.id}/tasks`));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      return mayShow() && fill(this.tasks, section('Открытые задачи', h('p', {class: 'deal-error'}, trouble.message)));
    }
    if (!mayShow()) return undefined;
    if (this.deal.outcome !== 'open' && !items.length) return fill(this.tasks);
    return fill(this.tasks, section('Открытые задачи', items.length ? h('ul', {class: 'open-tasks'}, items.map((task) => this.#task(task)))
      : h('p', {class: 'deal-quiet'}, 'Сейчас работает система; задача появится через несколько секунд.')));
  }

  #task(task) {
    const late = task.dueAt && new Date(task.dueAt) < new Date();
    const name = taskName(task.name);
    const mine = task.mine || task.groups?.some(({code}) => this.me.roles.some((role) => role.code === code));
    return h('li', {}, mine ? h('a', {href: `/tasks/${task.id}`}, name) : h('b', {}, name),
      h('p', {}, task.mine ? 'у вас' : task.person ? personName(task.person) : (task.groups ?? []).map((one) => one.name).join(', ') || 'в группе',
        task.dueAt && h('span', {class: late ? 'deal-late' : 'quiet'}, `, ${late ? 'срок прошёл' : 'срок'} ${moment(task.dueAt)}`)));
  }

  /** Other deals of the same client. */
  async #showLinked() {
    const inn = this.deal.groups.flatMap(({fields}) => fields).find(({code}) => code === 'inn')?.value;
    if (!inn) return fill(this.linked);
    let items;
    try {
      ({items} = await read(`/deals?inn=${inn}&limit=11`));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      return fill(this.linked);
    }
    const others = items.filter(({id}) => id !== this.id);
    return fill(this.linked, others.length > 0 && section('Другие сделки клиента', h('ul', {class: 'found'}, others.slice(0, 10).map(foundDeal)),
      others.length > 10 ? h('a', {href: `/deals?text=${inn}`}, 'Показать все') : null));
  }

  async #showApproval() {
    const mayShow = turnAt(this.approval);
    const approval = await read(`/deals/${this.id}/approvals`).catch((trouble) => {
      if (trouble instanceof Trouble) return null;
      throw trouble;
    });
    if (!mayShow()) return;
    const rounds = approval && roundsOf(approval);
    fill(this.approval, rounds && [h('div', {class: 'heading'}, h('h2', {}, `Согласование: ${plural(approval.rounds.length, 'круг', 'круга', 'кругов')}`),
      h('div', {class: 'actions'}, templateButton(this.id, 'approvalSheet'), button('Напечатать лист…', () => this.#print(approval)))), rounds]);
  }

  #print(approval) {
    fill(this.sheet, sheetOf(this.deal, approval));
    document.body.classList.add('printing');
    addEventListener('afterprint', () => { document.body.classList.remove('printing'); fill(this.sheet); }, {once: true});
    print();
  }
}
