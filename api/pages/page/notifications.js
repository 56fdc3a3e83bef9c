// Page «Уведомления»: what the person was told, the newest first.

import {call, post, read} from './deal/api.js';
import {moment} from './deal/text.js';
import {onChange} from './live.js';
import {readUnread, start} from './page.js';
import {button, fill, h, say, table} from './parts.js';
import {hindrance, switchOff, switchOn, thisBrowser} from './push.js';
import {turnAt} from './turns.js';

const PAGE = '/notifications?limit=50';

start(async ({view}) => {
  let items = [];
  let next = null;
  let unreadOnly = false;
  const list = h('ul', {class: 'news', 'aria-label': 'Уведомления'});
  const empty = h('p', {class: 'empty', hidden: true});
  const older = button('Показать более ранние', () => more(next).catch(tell));
  const all = button('Отметить все прочитанными', markAll);
  const only = h('input', {type: 'checkbox', onchange: () => { unreadOnly = only.checked; again({instead: true}).catch(tell); }});
  const browsers = h('section', {});
  const choices = h('details', {ontoggle: () => { if (choices.open && !choices.querySelector('table')) showChoices(); }},
    h('summary', {}, 'Что и как мне присылать'));
  fill(view, h('div', {class: 'heading'}, h('h1', {}, 'Уведомления'), h('div', {class: 'actions'}, h('label', {class: 'check'}, only, 'Только непрочитанные'), all)), choices, list, empty, older);

  const first = () => `${PAGE}${unreadOnly ? '&unread=true' : ''}`;

  /** Read as much as is shown. */
  async function again({instead = false} = {}) {
    const mayShow = turnAt(list, {instead});
    const found = [];
    let path = first();
    while (path && found.length < Math.max(items.length, 50)) {
      const page = await read(path);
      found.push(...page.items);
      path = after(page);
    }
    if (!mayShow()) return;
    items = found;
    next = path;
    draw();
  }

  async function more(path) {
    const before = items;
    const page = await read(path);
    if (items !== before) return; // read again meanwhile
    items = [...items, ...page.items];
    next = after(page);
    draw();
  }

  const tell = ({message}) => say(message, 'bad');
  const after = (page) => page.next?.replace('/api/v1', '') ?? null;

  function draw() {
    fill(list, items.map(rowOf));
    older.hidden = !next;
    all.hidden = !items.some((one) => !one.readAt);
    empty.hidden = items.length > 0;
    empty.textContent = unreadOnly ? 'Непрочитанного нет.' : 'Уведомлений пока нет: здесь появится, что передано вам и что изменилось в ваших сделках.';
  }

  const rowOf = (one) => h('li', {class: one.readAt ? null : 'unread'},
    h('p', {}, !one.readAt && h('span', {class: 'offscreen'}, 'Новое. '), one.dealId ? h('a', {href: `/deals/${one.dealId}`, onclick: () => { mark(one); }}, one.text) : one.text),
    h('time', {class: 'quiet', datetime: one.at}, moment(one.at)),
    !one.readAt && button('Прочитано', () => mark(one).then(refresh), '', {'aria-label': `Прочитано: ${one.text}`}));

  /** Sent also while the page is being left. */
  const mark = (one) => post(`/notifications/${one.id}/read`, {}, `read-${one.id}`);

  async function markAll() {
    try {
      await post('/notifications/read', {upTo: items[0].id}, `read-up-to-${items[0].id}`);
      await refresh();
    } catch (trouble) {
      say(trouble.message, 'bad');
    }
  }

  async function refresh() {
    await again();
    await readUnread();
  }

  async function showChoices() {
    try {
      const [{items: kinds}, {publicKey}] = await Promise.all([read('/notifications/preferences'), read('/notifications/browsers')]);
      choices.append(table('Виды уведомлений', ['О чём', 'Письмо', 'Колокольчик', ...(publicKey ? ['Браузер'] : [])], kinds.map((one) => ({cells: [
        h('div', {}, h('b', {}, one.name), h('p', {class: 'quiet'}, one.hint)),
        one.byMail ? choiceOf(one, 'mail', 'Письмо') : h('span', {class: 'quiet'}, 'не бывает'), choiceOf(one, 'bell', 'Колокольчик'),
        ...(publicKey ? [choiceOf(one, 'push', 'Браузер')] : []),
      ]}))), h('p', {class: 'quiet'}, 'Отключённое у колокольчика остаётся в списке как прочитанное. О сбоях и входах сообщаем всегда.'));
      if (publicKey) {
        choices.append(browsers);
        await showBrowsers();
      }
    } catch (trouble) {
      choices.open = false;
      say(trouble.message, 'bad');
    }
  }

  /** Where notifications are shown, and the switch of this browser. */
  async function showBrowsers() {
    const mayShow = turnAt(browsers, {instead: true});
    const [{publicKey, items: known}, here] = await Promise.all([read('/notifications/browsers'), thisBrowser()]);
    if (!mayShow()) return;
    const why = hindrance();
    const isOn = known.some(({id}) => id === here);
    fill(browsers, h('h2', {}, 'Уведомления браузера'),
      h('p', {class: 'quiet'}, 'Приходят, и когда страница закрыта: вид уведомления и номер сделки, без имён и сумм.'),
      !isOn && why && h('p', {class: 'note'}, why),
      !isOn && !why && button('Включить в этом браузере', ({target}) => changeBrowsers(target, () => switchOn(publicKey), 'Включено: этот браузер покажет уведомления.'), 'main'),
      known.length > 0 && h('ul', {class: 'news', 'aria-label': 'Где включено'}, known.map((one) => h('li', {},
        h('p', {}, one.name, one.id === here && ' — этот браузер'), h('span', {class: 'quiet'}, `с ${moment(one.createdAt)}`),
        button('Выключить', ({target}) => changeBrowsers(target, () => switchOff(one.id), 'Выключено.'), '', {'aria-label': `Выключить: ${one.name}${one.id === here ? ' — этот браузер' : ''}`})))));
  }

  async function changeBrowsers(pressed, change, done) {
    pressed.disabled = true;
    try {
      await change();
      say(done);
    } catch ({message}) {
      say(message, 'bad');
    }
    await showBrowsers().catch(tell);
  }

  /** A tick that is stored at once; what could not be stored goes back. */
  function choiceOf(one, how, label) {
    const box = h('input', {type: 'checkbox', checked: one[how], 'aria-label': `${label}: ${one.name}`, onchange: async () => {
      const wanted = {mail: one.mail, bell: one.bell, push: one.push, [how]: box.checked};
      try {
        Object.assign(one, await call('PUT', `/notifications/preferences/${one.kind}`, {body: wanted}));
        say('Сохранено.');
      } catch (trouble) {
        box.checked = one[how];
        say(trouble.message, 'bad');
      }
    }});
    return box;
  }

  await again();
  onChange('notifications', () => again());
});
