// Page «Следующее дело»: one task at a time, for whoever works with a phone in the hand.

import {fieldsOf} from './deal/card.js';
import {read, whenAway} from './deal/api.js';
import {plural, taskName} from './deal/text.js';
import {take} from './handover.js';
import {formOf} from './host.js';
import {allKept, findKept, keep} from './kept.js';
import {onChange} from './live.js';
import {Outbox, stuckOf} from './outbox.js';
import {start} from './page.js';
import {previewFiles} from './preview.js';
import {button, fill, h, say} from './parts.js';
import {turnAt} from './turns.js';
import {WaitingList} from './waiting.js';

const ROUTE = 'https://yandex.ru/maps/?rtext=~'; // from where the phone is to the address behind it
const WORKER = '/sw.js'; // keeps the page for a time without a network
const WAIT = 1500; // milliseconds after a task is done: system steps lead to the next one
const AGAIN = 20_000; // milliseconds between two tries to send what waits
const TAKEN_ALONG = 20; // own tasks that open without a network, at most

let taskNow = null; // the task on the screen
let outbox = null;
whenAway({
  find: findKept,
  keep,
  upload: (dealId, field, file, key) => outbox.file(taskNow, dealId, field, file, key),
  filesOf: (taskId) => outbox.filesOf(taskId),
});

start(async ({view, me}) => {
  let queue = []; // without what is done as far as the person is concerned
  let pressed = ''; // the words on the button that was pressed last
  const rest = h('div', {class: 'rest'});
  const along = h('p', {class: 'quiet', role: 'status'}); // what opens without a network
  const taken = new Set(); // ids of tasks whose forms were read
  const installing = installation();
  outbox = new Outbox(me.login, news);
  const waiting = new WaitingList(outbox, mend);
  previewFiles(view);
  view.addEventListener('click', (/** @type {any} */ {target}) => { pressed = target.closest('.deal-bar button')?.textContent ?? pressed; }, true);

  let opening = null; // several reasons to look for the next task are one look

  const next = () => (opening ??= findNext().finally(() => { opening = null; }));

  /** The most urgent task of the person, else of their groups. */
  async function findNext() {
    await readQueue();
    const task = queue.find((one) => one.mine) ?? queue[0];
    if (task) return open(task);
    taskNow = null;
    fill(view, h('h1', {}, 'Следующее дело'), waiting.root, h('div', {class: 'empty'}, h('p', {}, 'Сейчас ничего не ждёт. Новое дело появится здесь само.')), along, installing);
  }

  async function readQueue() {
    const mayShow = turnAt(rest);
    const {items} = await read('/tasks');
    const rows = await outbox.rows();
    const over = rows.filter((row) => row.press && !stuckOf(rows).includes(row)).map(({taskId}) => taskId);
    if (mayShow()) queue = items.filter((task) => !over.includes(task.id));
  }

  async function open(task) {
    const mayShow = turnAt(view, {instead: true});
    const card = await read(`/tasks/${task.id}`);
    const form = await formOf(card.task, {
      login: me.login,
      claim: () => take(card.task, me.login),
      send: (variables) => outbox.press(task, pressed, variables),
      done: () => done(task),
      over: () => next().then(() => say('Задачу уже сделали или передали.', 'bad')),
    });
    if (!mayShow()) return;
    taskNow = task;
    document.title = `${taskName(task.name)} · P.I.T.`;
    showRest();
    fill(view, h('h1', {}, taskName(task.name)), waiting.root, waysOf(card.deal), h('h2', {class: 'offscreen'}, 'Форма задачи'), form, rest, along, installing);
    scrollTo(0, 0);
  }

  async function done(task) {
    taskNow = null;
    const isKept = (await outbox.rows()).some((row) => row.taskId === task.id);
    say(isKept ? `Сохранено в телефоне: ${taskName(task.name)}.` : `Готово: ${taskName(task.name)}.`);
    setTimeout(() => taskNow || next().catch(notNow), isKept ? 0 : WAIT);
  }

  /** The next task could not be read: this one was not taken along. */
  function notNow({message}) {
    fill(view, h('h1', {}, 'Следующее дело'), waiting.root, h('p', {class: 'note bad', role: 'alert'}, message), button('Повторить', () => next().catch(notNow), 'main'), rest);
  }

  /** What else waits: to be opened out of turn. */
  function showRest() {
    const others = queue.filter((one) => one.id !== taskNow?.id);
    fill(rest, others.length > 0 && [h('h2', {}, `Потом: ${plural(others.length, 'дело', 'дела', 'дел')}`),
      h('ul', {class: 'later'}, others.map((one) => h('li', {}, button([h('b', {}, taskName(one.name)), ' ', one.deal?.client ?? '', ' ', h('small', {class: 'quiet'}, one.deal?.id ?? '')],
        () => open(one).catch((trouble) => say(trouble.message, 'bad'))))))],
    h('p', {}, h('a', {class: 'button', href: '/'}, 'Все задачи списком')));
  }

  /** The outbox has changed; `sent` are presses that the server has carried out. */
  async function news(sent) {
    await waiting.show();
    if (!taskNow) await next().catch(notNow); // what was refused is to be done again
    if (sent.length) say(`Отправлено: ${sent.map((row) => `${taskName(row.task)}, «${row.press.label}»`).join('; ')}.`);
  }

  /** Open a task whose press was refused, with what was typed. */
  async function mend(taskId) {
    await readQueue();
    const task = queue.find((one) => one.id === taskId);
    if (!task) return say('Этой задачи у вас больше нет. Сохраните файлы, если они нужны, и уберите неотправленное.', 'bad');
    await outbox.takeBack(taskId);
    await open(task);
  }

  /** Read the forms of the person's own tasks, so that they are kept. */
  async function readForms() {
    const own = queue.filter((task) => task.mine).slice(0, TAKEN_ALONG);
    for (const {id} of own) {
      if (id === taskNow?.id || taken.has(id)) continue;
      const {task} = await read(`/tasks/${id}`);
      await formOf(task, {login: me.login, claim: () => null, done: () => null, over: () => null});
      taken.add(id);
    }
    await allKept();
    if (navigator.serviceWorker) await navigator.serviceWorker.ready;
    along.textContent = own.length ? `Открываются и без связи: ${plural(own.length, 'ваше дело', 'ваших дела', 'ваших дел')}.` : '';
  }

  let taking = Promise.resolve();
  const takeAlong = () => (taking = taking.then(readForms).catch(({message}) => console.warn('tasks not kept', message)));

  await next();
  await waiting.show();
  navigator.serviceWorker?.register(WORKER, {scope: location.pathname}).catch(({message}) => console.warn('page not kept', message));
  const send = () => outbox.send();
  send();
  addEventListener('online', send);
  document.addEventListener('visibilitychange', () => document.hidden || send());
  setInterval(() => document.hidden || waiting.root.hidden || send(), AGAIN);
  takeAlong();
  onChange('tasks', async () => {
    if (!taskNow) await next();
    else {
      await readQueue();
      showRest(); // what is being filled in stays on the screen
    }
    takeAlong();
  });
});

/** The offer to put the page on the home screen; a browser that can do it asks to be asked. */
function installation() {
  const place = h('div', {class: 'installation', hidden: true});
  addEventListener('beforeinstallprompt', (/** @type {any} */ event) => {
    event.preventDefault();
    place.hidden = false;
    fill(place, button('Добавить на экран телефона', async () => {
      await event.prompt();
      place.hidden = true; // the browser lets one event ask once
    }));
  });
  return place;
}

/** Big links: the way to the address, and a call to the contact. */
function waysOf(deal) {
  const [address] = fieldsOf(deal, ['deliveryAddress']);
  const [phone] = fieldsOf(deal, ['contactPhone']);
  const links = [
    address && h('a', {class: 'button main', href: ROUTE + encodeURIComponent(address.text), target: '_blank', rel: 'noopener noreferrer'}, 'Маршрут',
      h('small', {}, address.text), h('span', {class: 'offscreen'}, ' (в новой вкладке)')),
    phone && h('a', {class: 'button main', href: `tel:${phone.text.replace(/[^+\d]/g, '')}`}, 'Позвонить', h('small', {}, phone.text)),
  ].filter(Boolean);
  return links.length ? h('div', {class: 'ways'}, links) : null;
}
