// View of employees: accounts, roles, passwords; for administrators of the portal.

import {Trouble, call, newKey, post, read} from './deal/api.js';
import {ask, button, confirmed, field, fill, h, say, table} from './parts.js';
import {turnAt} from './turns.js';

export async function showStaff(view) {
  const mayShow = turnAt(view);
  const [{items}, {items: roles}] = await Promise.all([read('/people'), read('/roles')]);
  if (!mayShow()) return;
  const again = () => showStaff(view);
  const words = h('input', {type: 'search', 'aria-label': 'Найти сотрудника', placeholder: 'Имя, логин, роль', autocomplete: 'off', oninput: () => draw()});
  const gone = h('input', {type: 'checkbox', onchange: () => draw()});
  const place = h('div', {class: 'wide'});
  const count = items.filter((one) => !one.roles.length).length;

  function draw() {
    const looked = words.value.trim().toLowerCase();
    const shown = items.filter((one) => (gone.checked || one.roles.length) && textOf(one).includes(looked));
    fill(place, shown.length ? table('Сотрудники', ['Сотрудник', 'Логин', 'Роли', 'Почта', 'Действия'], shown.map((one) => ({
      kind: one.roles.length ? '' : 'retired',
      cells: [h('b', {}, one.name), one.login, one.roles.map(({name}) => name).join(', ') || 'отключён', one.email || '—', actions(one, roles, again)],
    })), 'staff') : h('div', {class: 'empty'}, 'Никто не найден.'));
  }

  fill(view,
    h('div', {class: 'heading'}, h('h2', {}, 'Сотрудники'), button('Добавить сотрудника', () => add(roles, again), 'main')),
    h('div', {class: 'heading'}, h('div', {class: 'filter'}, words), count > 0 && h('label', {class: 'check'}, gone, `Показать отключённых: ${count}`)),
    place);
  draw();
}

const textOf = (one) => [one.name, one.login, one.email, ...one.roles.map(({name}) => name)].join(' ').toLowerCase();

/** A button for each action; a narrow screen has one for all of them. */
function actions(one, roles, again) {
  if (one.isProtected) return h('span', {class: 'quiet'}, 'администратор движка');
  const all = [
    {label: 'Изменить', act: () => change(one, roles, again)},
    {label: 'Новый пароль', act: () => reset(one)},
    one.roles.length > 0 && {label: 'Отключить', act: () => deactivate(one, again), kind: 'danger'},
  ].filter(Boolean);
  return h('div', {class: 'actions'},
    all.map(({label, act, kind}) => button(label, act, kind, {'aria-label': `${label}: ${one.name}`})),
    button('Действия', () => choose(one, all), 'all', {'aria-label': `Действия: ${one.name}`, 'aria-haspopup': 'dialog'}));
}

async function choose(one, all) {
  let chosen = () => {};
  const offered = all.map(({label, act, kind}) => button(label, ({target}) => {
    chosen = act;
    target.closest('dialog').close();
  }, kind));
  await ask(one.name, h('div', {class: 'menu'}, offered), {yes: '', no: 'Закрыть'});
  await chosen();
}

/** The fields of an account; `entered` reads them from the form. */
function accountForm(one, roles) {
  const has = new Set((one?.roles ?? []).map(({code}) => code));
  const text = (value, more = {}) => h('input', {type: 'text', value: value ?? '', maxlength: 60, autocomplete: 'off', ...more});
  const boxes = roles.map(({code, name}) => h('label', {class: 'check'}, h('input', {type: 'checkbox', value: code, checked: has.has(code)}), name));
  const content = h('div', {},
    h('div', {class: 'grid'},
      !one && field('Логин', text('', {maxlength: 64, pattern: '[A-Za-z0-9]+'}), {name: 'login', required: true, hint: 'Латинские буквы и цифры, потом не меняется.'}),
      field('Фамилия', text(one?.lastName), {name: 'lastName', required: true}),
      field('Имя', text(one?.firstName), {name: 'firstName', required: true}),
      field('Почта', text(one?.email, {type: 'email', maxlength: 200}), {name: 'email', hint: 'На неё приходят уведомления.'})),
    h('fieldset', {'data-field': 'roles'}, h('legend', {}, 'Роли'), h('div', {class: 'grid'}, boxes), h('small', {})));
  const entered = ({elements}) => ({
    lastName: elements.lastName.value.trim(), firstName: elements.firstName.value.trim(), email: elements.email.value.trim(),
    roles: boxes.map((label) => label.querySelector('input')).filter((box) => box.checked).map(({value}) => value),
  });
  return {content, entered};
}

function checked(body, more = '') {
  if (!body.roles.length) throw new Trouble(`Выберите хотя бы одну роль.${more}`);
  return body;
}

async function add(roles, again) {
  const {content, entered} = accountForm(null, roles);
  // Without a key: the stored answer would hold the password.
  const made = await ask('Новый сотрудник', content, {yes: 'Добавить', send: (form) => call('POST', '/people', {body: {...checked(entered(form)), login: form.elements.login.value.trim()}})});
  if (!made) return;
  await showPassword(made);
  await again();
}

async function change(one, roles, again) {
  const {content, entered} = accountForm(one, roles);
  const done = await ask(`Изменить: ${one.name}`, content, {send: (form) => call('PUT', `/people/${one.login}`, {body: checked(entered(form), ' Если сотрудник больше не работает, нажмите «Отключить».')})});
  if (!done) return;
  say('Сохранено. Новые роли действуют сразу.');
  await again();
}

async function reset(one) {
  if (!(await confirmed('Выдать новый пароль?', `${one.name}: прежний пароль перестанет подходить, открытые сеансы закончатся.`, 'Выдать'))) return;
  try {
    await showPassword(await call('POST', `/people/${one.login}/password`, {body: {}}));
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    say(trouble.message, 'bad');
  }
}

async function deactivate(one, again) {
  const sentence = [`${one.name} больше не войдёт, роли снимутся. Взятые задачи достанутся заместителям и группам. Сделки останутся за сотрудником: `,
    h('a', {href: `/team#handover/${one.login}`}, 'передайте их'), '.'];
  if (!(await confirmed('Отключить сотрудника?', sentence, 'Отключить', true))) return;
  try {
    await post(`/people/${one.login}/deactivate`, {}, newKey());
    say(`Вход закрыт: ${one.name}.`);
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    say(trouble.message, 'bad');
  }
  await again();
}

/** The only time at which the password can be read. */
const showPassword = ({employee, password}) => ask(`Пароль: ${employee.name}`, [
  h('p', {}, 'Передайте пароль сотруднику. Второй раз его не посмотреть; потеряется — выдайте новый.'),
  h('p', {}, 'Логин: ', h('b', {}, employee.login)), h('p', {}, 'Пароль: ', h('output', {class: 'password'}, password)),
  button('Скопировать', () => navigator.clipboard.writeText(password).then(() => say('Скопировано.'), () => say('Не скопировалось: выделите пароль и скопируйте.', 'bad')))],
{yes: '', no: 'Готово'});
