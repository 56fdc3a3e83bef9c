// What was pressed or photographed and is not sent yet: how much, why, and what to do about it.

import {moment, plural, taskName} from './deal/text.js';
import {logInAgain} from './login.js';
import {stuckOf} from './outbox.js';
import {button, confirmed, fill, h, say} from './parts.js';

const WHY = {
  '': 'Отправляем…',
  away: 'Нет связи. Отправим сами, когда она появится; страницу можно закрыть и открыть позже.',
  session: 'Сеанс завершён. Войдите, и всё отправится.',
  server: 'Сервер пока не смог это принять. Попробуем ещё раз сами.',
};
const OVER = /^TASK_/; // codes of a task that somebody else has done or taken
const CODES = ['answer', 'fileId', 'identityChecked']; // variables that nobody has typed

export class WaitingList {
  root = h('section', {class: 'waiting', 'aria-label': 'Не отправлено', hidden: true});
  #outbox;
  #mend;
  #drawn = '';

  /** `mend` is called with the id of a task that is to be opened again. */
  constructor(outbox, mend) {
    this.#outbox = outbox;
    this.#mend = mend;
  }

  async show() {
    const rows = await this.#outbox.rows();
    const about = JSON.stringify([this.#outbox.state, rows.map(({id, refused}) => [id, refused])]);
    if (about === this.#drawn) return; // a button that is being pressed stays the same button
    this.#drawn = about;
    this.root.hidden = rows.length === 0;
    const ids = [...new Set(rows.map(({taskId}) => taskId))];
    fill(this.root, h('h2', {}, `Не отправлено: ${plural(rows.length, 'действие', 'действия', 'действий')}`),
      stuckOf(rows).length < rows.length && [h('p', {role: 'status'}, WHY[this.#outbox.state]), this.#state === 'session'
        ? button('Войти и отправить', () => logInAgain().then(() => this.#outbox.send(), () => null), 'main')
        : button('Отправить сейчас', () => this.#now(), 'main')],
      h('ul', {}, ids.map((id) => this.#taskOf(rows.filter((row) => row.taskId === id)))));
  }

  get #state() {
    return this.#outbox.state;
  }

  async #now() {
    await this.#outbox.send();
    if (this.#state === 'away') say('Связи всё ещё нет. Ничего не потеряно.', 'bad');
  }

  #taskOf(rows) {
    const [{taskId, task, client}] = rows;
    const refused = rows.find((row) => row.refused);
    return h('li', {}, h('b', {}, taskName(task)), ' ', client,
      rows.map((row) => h('p', {}, row.file ? `Файл «${row.file.name}»` : `«${row.press.label}»`, `, ${moment(row.at)}`, typedIn(row).map((text) => h('q', {}, text)))),
      refused && [h('p', {class: 'bad', role: 'alert'}, refused.refused.words), h('div', {class: 'actions'},
        !OVER.test(refused.refused.code) && [button('Открыть задачу', () => this.#mend(taskId), '', {'aria-label': `Открыть задачу: ${taskName(task)}`}),
        button('Отправить ещё раз', () => this.#outbox.retry(taskId), '', {'aria-label': `Отправить ещё раз: ${taskName(task)}`})],
        rows.filter((row) => row.file).map(({file}) => button('Сохранить файл', () => save(file), '', {'aria-label': `Сохранить файл: ${file.name}`})),
        button('Убрать…', () => this.#remove(taskId), '', {'aria-label': `Убрать: ${taskName(task)}`}))]);
  }

  async #remove(taskId) {
    if (await confirmed('Убрать неотправленное?', 'Нажатие и файлы этой задачи будут удалены из телефона.', 'Убрать', true)) await this.#outbox.remove(taskId);
  }
}

/** Words of the person that go with a press. */
const typedIn = ({press}) => Object.entries(press?.variables ?? {}).filter(([name, {value}]) => !CODES.includes(name) && typeof value === 'string' && !value.startsWith('{'))
  .map(([, {value}]) => value);

/** Let the browser save a file that the server did not take. */
function save({content, name, type}) {
  const address = URL.createObjectURL(new Blob([content], {type}));
  const link = h('a', {href: address, download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
