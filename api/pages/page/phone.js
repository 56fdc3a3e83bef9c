// Page «Следующее дело»: one task at a time, for whoever works with a phone in the hand.

import {fieldsOf} from './deal/card.js';
import {read} from './deal/api.js';
import {plural, taskName} from './deal/text.js';
import {take} from './handover.js';
import {formOf} from './host.js';
import {onChange} from './live.js';
import {start} from './page.js';
import {previewFiles} from './preview.js';
import {button, fill, h, say} from './parts.js';
import {turnAt} from './turns.js';

const ROUTE = 'https://yandex.ru/maps/?rtext=~'; // from where the phone is to the address behind it
const WORKER = '/sw.js'; // keeps the page for a time without a network
const WAIT = 1500; // milliseconds after a task is done: system steps lead to the next one

start(async ({view, me}) => {
  let shown = null; // id of the task on the screen
  let queue = [];
  const rest = h('div', {class: 'rest'});
  const installing = installation();
  previewFiles(view);

  let opening = null; // several reasons to look for the next task are one look

  const next = () => (opening ??= findNext().finally(() => { opening = null; }));

  /** The most urgent task of the person, else of their groups. */
  async function findNext() {
    await readQueue();
    const task = queue.find((one) => one.mine) ?? queue[0];
    if (task) return open(task);
    shown = null;
    fill(view, h('h1', {}, 'Следующее дело'), h('div', {class: 'empty'}, h('p', {}, 'Сейчас ничего не ждёт. Новое дело появится здесь само.')), installing);
  }

  async function readQueue() {
    const mayShow = turnAt(rest);
    const {items} = await read('/tasks');
    if (mayShow()) queue = items;
  }

  async function open(task) {
    const mayShow = turnAt(view, {instead: true});
    const card = await read(`/tasks/${task.id}`);
    const form = await formOf(card.task, {
      login: me.login,
      claim: () => take(card.task, me.login),
      done: () => done(task),
      over: () => next().then(() => say('Задачу уже сделали или передали.', 'bad')),
    });
    if (!mayShow()) return;
    shown = task.id;
    document.title = `${taskName(task.name)} · P.I.T.`;
    showRest();
    fill(view, h('h1', {}, taskName(task.name)), waysOf(card.deal), h('h2', {class: 'offscreen'}, 'Форма задачи'), form, rest, installing);
    scrollTo(0, 0);
  }

  function done(task) {
    shown = null;
    say(`Готово: ${taskName(task.name)}.`);
    setTimeout(() => shown || next().catch((trouble) => say(trouble.message, 'bad')), WAIT);
  }

  /** What else waits: to be opened out of turn. */
  function showRest() {
    const others = queue.filter((one) => one.id !== shown);
    fill(rest, others.length > 0 && [h('h2', {}, `Потом: ${plural(others.length, 'дело', 'дела', 'дел')}`),
      h('ul', {class: 'later'}, others.map((one) => h('li', {}, button([h('b', {}, taskName(one.name)), ' ', one.deal?.client ?? ''],
        () => open(one).catch((trouble) => say(trouble.message, 'bad'))))))],
    h('p', {}, h('a', {class: 'button', href: '/'}, 'Все задачи списком')));
  }

  await next();
  navigator.serviceWorker?.register(WORKER, {scope: location.pathname}).catch(({message}) => console.warn('page not kept', message));
  onChange('tasks', async () => {
    if (!shown) return next();
    await readQueue();
    showRest(); // what is being filled in stays on the screen
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
