// Page «К исполнению»: everything that waits for the person and for their groups, the most urgent first.

import {read} from './deal/api.js';
import {factsOf, moment, plural, taskName} from './deal/text.js';
import {delegate, giveBack, take} from './handover.js';
import {onChange} from './live.js';
import {start} from './page.js';
import {button, fill, h, say} from './parts.js';
import {startTour} from './tour.js';
import {turnAt} from './turns.js';

const FILTERS = {
  all: ['Все', () => true],
  mine: ['Мои', (task) => task.mine],
  group: ['Моей группы', (task) => !task.mine],
  overdue: ['Просрочено', (task) => task.overdue],
};
const ON_THE_MOVE = ['drivers', 'storekeepers']; // roles that work with a phone in the hand

start(async ({view, me}) => {
  let queue = await read('/tasks');
  let chosen = 'all';
  let drawn = ''; // the rows on the screen
  const tabs = h('div', {class: 'tabs', role: 'group', 'aria-label': 'Какие задачи показать'});
  const words = h('input', {type: 'search', 'aria-label': 'Найти в очереди', placeholder: 'Клиент, задача, стадия', oninput: () => drawList(), autocomplete: 'off'});
  const list = h('ol', {class: 'queue', 'aria-label': 'Задачи'});
  const empty = h('div', {class: 'empty', hidden: true});
  const more = h('p', {class: 'quiet', hidden: true});

  function draw() {
    document.title = `${queue.counts.mine + queue.counts.group || 'Нет'} ${queue.counts.mine + queue.counts.group ? 'к исполнению' : 'задач'} · P.I.T.`;
    const {mine, group, overdue} = queue.counts;
    const counts = {all: mine + group, mine, group, overdue};
    keepingFocus(tabs, () => fill(tabs, Object.entries(FILTERS).map(([code, [label]]) => button([`${label} `, h('b', {}, counts[code])],
      () => { chosen = code; draw(); }, code === 'overdue' && overdue ? 'late' : '', {'aria-pressed': String(code === chosen), 'data-key': code}))));
    const hidden = mine + group - queue.items.length;
    more.hidden = hidden <= 0;
    more.textContent = `Показаны самые срочные: ${queue.items.length} из ${mine + group}.`;
    drawList();
  }

  function drawList() {
    const looked = words.value.trim().toLowerCase();
    const shown = queue.items.filter(FILTERS[chosen][1]).filter((task) => textOf(task).includes(looked));
    empty.hidden = shown.length > 0;
    fill(empty, queue.items.length ? 'Под этот отбор ничего не подходит.' : emptyWords(me));
    const content = JSON.stringify(shown);
    if (content === drawn) return; // a button that is being pressed stays the same button
    drawn = content;
    keepingFocus(list, () => fill(list, shown.map((task) => rowOf(task, me.login, again))));
  }

  async function again() {
    const mayShow = turnAt(list);
    const found = await read('/tasks');
    if (!mayShow()) return;
    queue = found;
    draw();
  }

  fill(view, h('h1', {}, 'К исполнению'), invitation(me), nextOf(me), h('div', {class: 'heading'}, tabs, h('div', {class: 'filter'}, words)), list, empty, more);
  draw();
  onChange('tasks', again);
  const told = sessionStorage.getItem('pit-done');
  if (told) {
    sessionStorage.removeItem('pit-done');
    say(told);
  }
});

/** The tour's offer, until this person answered it in this browser. */
function invitation(me) {
  const key = `pit-tour-${me.login}`;
  if (localStorage.getItem(key)) return null;
  const answered = () => {
    localStorage.setItem(key, 'answered');
    offer.remove();
  };
  const offer = h('section', {class: 'invitation', 'aria-label': 'Первый раз здесь'},
    h('p', {}, h('b', {}, 'Первый раз здесь?'), ' Пять подсказок, минута.'),
    h('div', {class: 'actions'},
      button('Показать, что где', () => startTour(me, answered), 'main'),
      button('Не нужно', answered)));
  return offer;
}

/** On a phone of somebody on the move: the way to the page of one task at a time. */
const nextOf = ({roles}) => matchMedia('(max-width: 720px)').matches && roles.some(({code}) => ON_THE_MOVE.includes(code))
  && h('p', {}, h('a', {class: 'button main', href: '/phone'}, 'Следующее дело'));

const emptyWords = (me) => [h('p', {}, 'Ничего не ждёт. Новые задачи появятся здесь сами.'),
  me.leads.length > 0 && h('a', {href: '/deals/new'}, 'Завести новую сделку')];

const textOf = ({name, deal}) => `${name} ${deal ? `${deal.id} ${deal.client} ${deal.stage.name} ${deal.direction.name}` : ''}`.toLowerCase();

function rowOf(task, login, again) {
  const {deal} = task;
  const place = `/tasks/${task.id}`;
  return h('li', {class: task.overdue ? 'late' : null},
    h('p', {class: 'due'}, dueOf(task)),
    h('div', {class: 'what'}, h('a', {href: place, 'data-key': task.id}, taskName(task.name)),
      deal && h('p', {}, h('b', {}, deal.client || deal.id), ' ', h('a', {class: 'quiet', href: `/deals/${deal.id}`}, deal.id))),
    h('p', {class: 'facts'}, deal && factsOf(deal).map((words) => h('span', {}, words))),
    h('div', {class: 'actions'},
      task.mine
        ? button('Открыть', () => location.assign(place), 'main', {'data-key': `open-${task.id}`, 'aria-label': `Открыть: ${taskName(task.name)}, ${deal?.client ?? ''}`})
        : button('Взять', () => take(task, login).then(() => location.assign(place), again), 'main', {'data-key': `take-${task.id}`, 'aria-label': `Взять: ${taskName(task.name)}, ${deal?.client ?? ''}`}),
      task.canReturn && button('Вернуть', () => giveBack(task).then(again, again), '', {'data-key': `back-${task.id}`, 'aria-label': `Вернуть в группу: ${taskName(task.name)}`}),
      button('Передать…', () => delegate(task).then((done) => done && again()), '', {'data-key': `give-${task.id}`, 'aria-label': `Передать коллеге: ${taskName(task.name)}`})));
}

function dueOf({dueAt, overdue}) {
  if (!dueAt) return h('span', {class: 'quiet'}, 'без срока');
  const hours = (Date.now() - new Date(dueAt).getTime()) / 3_600_000;
  const late = hours < 24 ? 'просрочено' : `просрочено на ${plural(Math.floor(hours / 24), 'день', 'дня', 'дней')}`;
  return [h('time', {datetime: dueAt}, moment(dueAt)), overdue && h('b', {class: 'bad'}, late)];
}

/** Draw again, and give the focus back to the same thing. */
function keepingFocus(place, drawing) {
  const held = place.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.key : null;
  drawing();
  if (held) place.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({preventScroll: true});
}
