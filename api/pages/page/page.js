// What every page of the desk begins with: the caller, the header, the view, the news of others.

import {Trouble, call, read, whenSessionEnds} from './deal/api.js';
import {ANSWERS, OUTBOX} from './database.js';
import {listen, onChange} from './live.js';
import {logInAgain} from './login.js';
import {nameButton} from './own-password.js';
import {LAST_LOGIN, confirmed, fill, h, say} from './parts.js';
import {silence} from './push.js';
import {turnAt} from './turns.js';

const view = document.getElementById('view');

/**
 * Read who is at the screen, fill the header, and show the page. `show` is called with the view, the caller, what was
 * read `first`, and what it may use for its own troubles: `failed` puts one in the place of the view.
 * @param {(page: {view: HTMLElement, me: any, first: any, failed: (trouble: any) => void}) => any} show
 * @param {() => any} readFirst asked beside the caller: nothing that news tell of, because they are heard from the caller's answer on
 */
export async function start(show, readFirst = () => null) {
  whenSessionEnds(logInAgain);
  const failed = (trouble) => {
    fill(view, h('h1', {}, 'Не загрузилось'), h('p', {class: 'note bad', role: 'alert'}, wordsOf(trouble)),
      h('button', {type: 'button', class: 'main', onclick: () => location.reload()}, 'Повторить'));
    if (!(trouble instanceof Trouble)) throw trouble;
  };
  try {
    const [me, first] = await Promise.all([read('/me'), readFirst()]);
    fillHeader(me);
    onChange('notifications', readUnread);
    await show({view, me, first, failed});
    listen(me.news);
  } catch (trouble) {
    failed(trouble);
  }
}

const wordsOf = (trouble) => (trouble instanceof Trouble ? trouble.message
  : 'На странице ошибка. Обновите её; если не поможет, сообщите администратору.');

function fillHeader(me) {
  if (![null, me.login].includes(localStorage.getItem(LAST_LOGIN))) silence(); // somebody else logged in through Tasklist
  localStorage.setItem(LAST_LOGIN, me.login);
  fill(document.getElementById('who'), nameButton(me));
  const leads = me.leads.length > 0;
  const admin = me.roles.some((role) => role.code === 'portalAdmins');
  for (const link of document.querySelectorAll('header nav a')) {
    const path = link.getAttribute('href');
    const heads = me.heads.length > 0 || admin;
    const shut = {'/board': !leads && !admin, '/deals/new': !leads, '/team': !heads, '/reports': !heads};
    link.toggleAttribute('hidden', shut[path] ?? false);
  }
  document.querySelector('header nav [aria-current]')?.scrollIntoView({inline: 'center', block: 'nearest'}); // a phone shows a part of it
  showUnread(me.unread);
  document.getElementById('logout').addEventListener('click', () => logOut(me));
}

/** Show at the bell how many notifications are unread by now. */
export async function readUnread() {
  const mayShow = turnAt(document.getElementById('unread'));
  const {unread} = await read('/me');
  if (mayShow()) showUnread(unread);
}

function showUnread(count) {
  const mark = document.getElementById('unread');
  mark.textContent = count > 99 ? '99+' : String(count);
  mark.hidden = !count;
  mark.parentElement.setAttribute('aria-label', count ? `Уведомления, непрочитанных: ${count}` : 'Уведомления');
}

/** What is not sent yet stays for the person's next login here; what was kept to read goes. A browser without a database has neither. */
async function logOut({login}) {
  const waiting = (await OUTBOX.all().catch(() => [])).filter((row) => row.login === login).length;
  if (waiting && !(await confirmed(`Не отправлено: ${waiting}`, 'Это останется в телефоне и уйдёт, когда вы снова войдёте здесь. '
    + 'Другой сотрудник его не увидит.', 'Выйти'))) return;
  try {
    await call('POST', '/camunda/api/admin/auth/user/default/logout', {base: ''});
  } catch (trouble) {
    if (trouble.isUnknown) return void say('Нет связи, выйти не удалось: вы ещё в системе. Выйдите, когда связь появится.', 'bad');
  }
  await Promise.all([ANSWERS.drop().catch(() => null), silence()]);
  location.assign('/login');
}
