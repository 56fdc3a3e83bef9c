// Page of one task: its form, who has it, the deal behind it; then the next task.

import {Trouble, read} from './deal/api.js';
import {fill, h} from './deal/dom.js';
import {whereTo} from './deal/next.js';
import {plural} from './deal/text.js';
import {dealViewOf} from './deal/view.js';
import {delegate, giveBack, take} from './handover.js';
import {formOf} from './host.js';
import {onChange} from './live.js';
import {start} from './page.js';
import {previewFiles} from './preview.js';
import {button, say} from './parts.js';
import {turnAt} from './turns.js';

start(async ({view, me, failed}) => {
  let shown = '';
  previewFiles(view);

  async function open(taskId, {push = false} = {}) {
    shown = taskId;
    const mayShow = turnAt(view, {instead: true});
    if (push) history.pushState(null, '', `/tasks/${taskId}`);
    fill(view, h('h1', {}, 'Задача'), h('p', {class: 'quiet', role: 'status'}, 'Загружаем задачу…'));
    try {
      await show(taskId, mayShow);
    } catch (trouble) {
      if (!mayShow() && trouble instanceof Trouble) return;
      if (trouble.status !== 404) return void failed(trouble);
      gone();
    }
  }

  async function show(taskId, mayShow) {
    const card = await read(`/tasks/${taskId}`);
    const {task, deal} = card;
    const form = await formOf(task, {
      login: me.login,
      claim: () => take(task, me.login).then(() => heading(true)),
      done: () => next(deal, taskId),
      over: () => setTimeout(() => shown === taskId && say('Задачу уже сделали или передали. Вернитесь к очереди.', 'bad'), 0),
    });
    if (!mayShow()) return;
    document.title = `${task.name} · P.I.T.`;
    const head = h('div', {class: 'heading'});
    const heading = (mine) => fill(head, h('h1', {}, task.name), h('div', {class: 'actions'},
      mine && button('Вернуть в группу', () => giveBack(task).then(() => open(taskId))),
      button('Передать…', () => delegate(task).then((done) => done && leave()))));
    heading(task.mine);
    if (task.mine) read('/tasks').then(({items}) => {
      if (!items.some((one) => one.id === taskId && one.canReturn)) head.querySelector('.actions button:not(:last-child)')?.remove();
    }, () => null);
    const details = h('details', {ontoggle: () => { if (details.open && !details.querySelector('.deal-view')) details.append(dealViewOf(taskId)); }},
      h('summary', {}, 'Вся сделка: карточка, документы, согласование, записи'));
    fill(view, h('p', {}, h('a', {href: '/'}, '← К исполнению'), ' · ', h('a', {href: `/deals/${deal.id}`}, `Сделка ${deal.id}`)),
      head, h('h2', {class: 'offscreen'}, 'Форма задачи'), form, details);
    document.getElementById('view').focus({preventScroll: true});
    scrollTo(0, 0);
  }

  function gone() {
    fill(view, h('h1', {}, 'Задачи больше нет'), h('p', {}, 'Она уже выполнена или передана другому сотруднику.'),
      h('a', {class: 'button main', href: '/'}, 'К исполнению'));
  }

  function leave() {
    location.assign('/');
  }

  /** Say where the deal went, and stand at what is next: the same deal's next task if it is ours, else the queue's first. */
  async function next(deal, done) {
    const [words, queue] = await whereTo(deal.id, done);
    if (shown !== done) return;
    const own = queue.filter((task) => task.id !== done && task.mine);
    const following = own.find((task) => task.deal?.id === deal.id) ?? own[0];
    if (!following) {
      sessionStorage.setItem('pit-done', words);
      return leave();
    }
    say(`${words} Дальше в очереди: ${plural(own.length, 'задача', 'задачи', 'задач')}.`);
    await open(following.id, {push: true});
  }

  addEventListener('popstate', () => open(idOf(location.pathname)));
  onChange('tasks', async () => {
    const at = shown;
    const state = await read(`/tasks/${at}`).catch((trouble) => trouble);
    if (state.status === 404 && shown === at && !view.querySelector('.deal-busy, .deal-banner-success')) say('Задачу уже сделали или передали. Вернитесь к очереди.', 'bad');
  });
  await open(idOf(location.pathname));
});

const idOf = (path) => decodeURIComponent(path.split('/')[2]);
