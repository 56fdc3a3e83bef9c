// The login: a page of its own, and a dialog where a session ended while somebody worked.

import {Trouble, call} from './deal/api.js';
import {ANSWERS} from './database.js';
import {silence} from './push.js';
import {LAST_LOGIN, ask, field, h} from './parts.js';

const LOGIN = '/camunda/api/admin/auth/user/default/login/tasklist';
const BEGIN = '/camunda/api/engine/engine/'; // here the engine gives its CSRF token: for the login, and a new one for what follows

const fields = () => [
  field('Логин', h('input', {type: 'text', value: localStorage.getItem(LAST_LOGIN) ?? '', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false'}), {name: 'login', required: true}),
  field('Пароль', h('input', {type: 'password', autocomplete: 'current-password'}), {name: 'password', required: true}),
];

async function send({elements}) {
  const login = elements.login.value.trim();
  await call('GET', BEGIN, {base: ''});
  await call('POST', LOGIN, {base: '', body: new URLSearchParams({username: login, password: elements.password.value})})
    .catch((trouble) => {
      elements.password.value = '';
      elements.password.focus();
      throw trouble.status === 401 ? new Trouble('Неверный логин или пароль. Проверьте раскладку и регистр и повторите.') : trouble;
    });
  await call('GET', BEGIN, {base: ''});
  const other = localStorage.getItem(LAST_LOGIN) !== login;
  if (other) await Promise.all([ANSWERS.drop().catch(() => null), silence()]); // a browser without a database keeps nothing
  localStorage.setItem(LAST_LOGIN, login);
  return {other};
}

let asking = null;

/** Ask for the password where the person works, so that nothing typed is lost. Several calls share one dialog. */
export function logInAgain() {
  asking ??= ask('Сеанс завершён', [h('p', {}, 'Войдите снова: вы останетесь на этом месте, введённое сохранится.'), fields()], {yes: 'Войти', no: 'Отмена', send})
    .then((done) => {
      asking = null;
      if (done?.other) {
        location.reload(); // the page shows what the other person may see
        return new Promise(() => {}); // and what the one before asked for is not done in another name
      }
      if (!done) throw new Trouble('Сеанс завершён. Войдите, чтобы продолжить.', {status: 401});
    });
  return asking;
}

/** Only places of this site: a link of somebody else must not lead away through our login. */
function placeAfter() {
  const next = new URL(new URLSearchParams(location.search).get('next') ?? '/', location.origin);
  return next.origin === location.origin && next.pathname !== '/login' ? next.pathname + next.search + location.hash : '/';
}

async function showPage(view) {
  const trouble = h('p', {class: 'bad', role: 'alert'});
  const submit = h('button', {type: 'submit', class: 'main'}, 'Войти');
  const given = new URLSearchParams(location.search);
  const why = given.has('ended') ? 'Сеанс завершён. Войдите снова: вы вернётесь на то же место, введённое в форму сохранено в этом браузере.'
    : given.has('next') && 'Войдите, чтобы открыть страницу.';
  const form = h('form', {class: 'login', onsubmit: submitted}, h('h1', {}, 'Вход'), why && h('p', {class: 'quiet'}, why),
    fields(), trouble, h('div', {class: 'buttons'}, submit));
  view.replaceChildren(form);
  form.querySelector(localStorage.getItem(LAST_LOGIN) ? '[name=password]' : '[name=login]').focus();

  async function submitted(event) {
    event.preventDefault();
    submit.disabled = true;
    trouble.textContent = '';
    try {
      await send(form);
      location.assign(placeAfter());
    } catch (problem) {
      trouble.textContent = problem.message;
      submit.disabled = false;
    }
  }
}

if (location.pathname === '/login') showPage(document.getElementById('view'));
