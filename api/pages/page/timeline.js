// Timeline of a deal: everything that happened, the last first, by topic, page by page.

import {Trouble, fileAddress, read} from './deal/api.js';
import {moment, personName} from './deal/text.js';
import {button, fill, h} from './parts.js';
import {turnAt} from './turns.js';

const BASE = '/api/v1';
const TOPICS = {
  fields: 'Поля', stages: 'Стадии', decisions: 'Решения', numbers: 'Номера 1С', files: 'Файлы',
  notes: 'Записи', people: 'Исполнители', shipping: 'Отгрузка', mail: 'Письма', tasks: 'Задачи',
};

/** The section; `goTo` is called with the instant of an event to show the deal as it was then. */
export function timelineOf(dealId, groups, goTo) {
  const chosen = new Set();
  let items = [];
  let next = null;
  const list = h('ol', {class: 'timeline', 'aria-label': 'События'});
  const foot = h('p', {});
  const tabs = h('div', {class: 'tabs', role: 'group', 'aria-label': 'Какие события показать'},
    Object.entries(TOPICS).map(([code, label]) => button(label, (event) => {
      if (chosen.has(code)) chosen.delete(code);
      else chosen.add(code);
      event.currentTarget.setAttribute('aria-pressed', String(chosen.has(code)));
      refresh({instead: true});
    }, '', {'aria-pressed': 'false'})));

  async function load(path, {more = false, instead = false} = {}) {
    const mayShow = turnAt(list, {instead});
    let page;
    try {
      page = await read(path);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (!mayShow()) return undefined;
      return void fill(foot, h('span', {class: 'bad'}, trouble.message, ' '), button('Повторить', () => load(path, {more})));
    }
    if (!mayShow()) return undefined;
    items = more ? [...items, ...page.items] : page.items;
    ({next} = page);
    fill(list, items.map((event) => eventOf(event, goTo)));
    fill(foot, !page.tasksKnown && h('span', {class: 'quiet'}, 'Движок процессов не отвечает: выполненных задач здесь пока нет. '),
      next && button('Показать ещё', () => load(next.slice(BASE.length), {more: true})), !items.length && 'Событий нет.');
    return undefined;
  }

  const refresh = ({instead = false} = {}) => load(`/deals/${dealId}/timeline?limit=30${chosen.size ? `&topics=${[...chosen].join(',')}` : ''}`, {instead});
  refresh();
  return {root: h('section', {'aria-label': 'Лента'}, h('h2', {}, 'Лента'), tabs, list, foot), refresh};
}

function eventOf(event, goTo) {
  const changed = event.topic === 'fields' || event.topic === 'people' || (event.topic === 'stages' && event.oldText);
  return h('li', {'data-topic': event.topic},
    h('time', {datetime: event.at}, goTo ? button(moment(event.at), () => goTo(event.at), 'link', {title: 'Показать сделку на этот момент'}) : moment(event.at)),
    h('p', {}, h('b', {}, event.label), event.newText || changed ? ': ' : '',
      changed ? [h('del', {}, event.oldText || 'пусто'), ' → ', h('ins', {}, event.newText || 'пусто')]
        : event.fileId ? h('a', {href: fileAddress(event.fileId)}, event.newText) : event.newText,
      event.actor && h('span', {class: 'quiet'}, ` · ${personName(event.actor)}`)));
}
