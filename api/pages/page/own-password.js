// The person's menu behind the name in the header: change of the own password.

import {Trouble, call} from './deal/api.js';
import {ask, button, field, h, say} from './parts.js';

const RULES = 'Не меньше 10 знаков: строчная и заглавная буквы, цифра и специальный знак, например ! ? - _. Без логина, имени, фамилии и почты.';

/** A button with the person's name; it opens the menu. */
export const nameButton = (me) => button(me.name, () => openMenu(me), 'name', {'aria-haspopup': 'dialog'});

async function openMenu(me) {
  let chosen = false;
  const offered = button('Сменить пароль', ({target}) => {
    chosen = true;
    target.closest('dialog').close();
  });
  await ask(me.name, h('div', {class: 'menu'}, offered), {yes: '', no: 'Закрыть'});
  if (chosen) await changePassword(me);
}

const secret = (autocomplete) => h('input', {type: 'password', autocomplete, maxlength: 200});

async function changePassword(me) {
  const content = h('div', {},
    h('input', {type: 'text', value: me.login, autocomplete: 'username', hidden: true}), // tells a password store whose password it is
    field('Нынешний пароль', secret('current-password'), {name: 'presentPassword', required: true}),
    field('Новый пароль', secret('new-password'), {name: 'newPassword', required: true, hint: RULES}),
    field('Новый пароль ещё раз', secret('new-password'), {name: 'repeated', required: true}),
    h('p', {class: 'quiet'}, 'В других браузерах придётся войти заново. Уведомления браузеров включите снова.'));
  const done = await ask('Сменить пароль', content, {yes: 'Сменить', send});
  if (done) say('Пароль изменён. Здесь вы остаётесь в системе.');
}

/** Without a key: the server keeps no trace of a password. */
async function send({elements: {presentPassword, newPassword, repeated}}) {
  if (newPassword.value !== repeated.value) {
    const message = 'Новые пароли не совпадают. Введите новый пароль ещё раз.';
    throw new Trouble(message, {problem: {errors: [{field: 'repeated', message}]}});
  }
  await call('POST', '/me/password', {body: {presentPassword: presentPassword.value, newPassword: newPassword.value}});
  return true;
}
