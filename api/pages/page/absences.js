// View of absences and substitutes.

import {newKey, post, read} from './deal/api.js';
import {day, plural} from './deal/text.js';
import {ask, button, confirmed, dateBox, field, fill, h, say, select, table, today} from './parts.js';
import {peopleOf} from './people.js';
import {turnAt} from './turns.js';

export async function showAbsences(view, desk) {
  const mayShow = turnAt(view);
  const {items} = await read('/absences');
  if (!mayShow()) return;
  const again = () => showAbsences(view, desk);
  const over = (one) => one.cancelledAt || one.lastDay < today();
  let all = false;
  const place = h('div', {class: 'wide'});
  const draw = () => fill(place, absences(items.filter((one) => all || !over(one)), desk, again));
  fill(view,
    h('div', {class: 'heading'}, h('h2', {}, 'Отсутствия и замещения'), desk.admin && button('Записать отсутствие', () => add(desk, again), 'main')),
    h('p', {class: 'quiet'}, 'В эти дни новые задачи получает заместитель, без него вся группа. Открытые задачи и сделки менеджера остаются за сотрудником: их передают на странице «Отдел».'),
    items.some(over) && h('label', {class: 'check'}, h('input', {type: 'checkbox', onchange: (event) => { all = event.target.checked; draw(); }}), 'Показать прошедшие и отменённые'),
    place);
  draw();
}

function absences(rows, desk, again) {
  if (!rows.length) return h('p', {class: 'empty'}, 'Никто не отсутствует.');
  return table('Отсутствия', ['Сотрудник', 'Дни', 'Замещает', 'Причина', 'Состояние', ''], rows.map((one) => ({
    kind: one.cancelledAt ? 'retired' : '',
    cells: [
      h('b', {}, one.person.name), `${day(one.firstDay)} – ${day(one.lastDay)}`, one.substitute?.name ?? 'группа', one.reason || '—',
      one.cancelledAt ? `отменено: ${one.cancelledBy.name}` : one.inForce ? 'сегодня' : one.lastDay < today() ? 'прошло' : 'впереди',
      desk.admin && !one.cancelledAt && one.lastDay >= today() && button('Отменить', () => cancel(one, again), '', {'aria-label': `Отменить отсутствие: ${one.person.name}`}),
    ],
  })));
}

async function cancel(one, again) {
  const sentence = `${one.person.name}, ${day(one.firstDay)} – ${day(one.lastDay)}: новые задачи снова пойдут этому сотруднику.`;
  if (!(await confirmed('Отменить отсутствие?', sentence, 'Отменить отсутствие', true))) return;
  try {
    await post(`/absences/${one.id}/cancel`, {});
    say('Отсутствие отменено.');
  } catch (trouble) {
    say(trouble.message, 'bad');
  }
  await again();
}

async function add(desk, again) {
  const {items: roles} = await read('/roles');
  const found = (await Promise.all(roles.map(({code}) => peopleOf(code)))).filter(({items}) => items.length);
  const groups = found.map(({role, items}) => ({label: role.name, options: items.map((one) => [one.login, one.name])}));
  const person = select([['', 'выберите'], ...groups]);
  const substitute = select([['', 'никто, задачи видит группа']]);
  person.addEventListener('change', () => {
    const own = groups.filter((group) => group.options.some(([login]) => login === person.value));
    const others = own.map((group) => ({...group, options: group.options.filter(([login]) => login !== person.value)}));
    fill(substitute, ...select([['', 'никто, задачи видит группа'], ...others]).childNodes);
    substitute.value = ''; // options that move to another control one by one change what is chosen
    preview();
  });
  substitute.addEventListener('change', () => preview());
  const place = h('div', {'aria-live': 'polite'});
  async function preview() {
    const login = person.value;
    const mayShow = turnAt(place, {instead: true});
    fill(place);
    if (!login) return;
    const work = await read(`/people/${login}/handover`).catch((trouble) => trouble);
    if (!mayShow()) return;
    fill(place, work.message ? h('p', {class: 'bad', role: 'alert'}, work.message) : consequences(work, substitute.selectedOptions[0]?.text, substitute.value));
  }
  const [first, last] = [dateBox(today()), dateBox()];
  const key = newKey();
  const content = h('div', {class: 'grid'},
    field('Сотрудник', person, {name: 'person', required: true}),
    field('Кто замещает', substitute, {name: 'substitute', hint: 'Действующий сотрудник той же роли.'}),
    field('Первый день', first, {name: 'firstDay', required: true}),
    field('Последний день', last, {name: 'lastDay', required: true}),
    field('Причина', h('input', {type: 'text', maxlength: 255, autocomplete: 'off'}), {name: 'reason'}), place);
  let tries = 0;
  const done = await ask('Записать отсутствие', content, {
    send: ({elements}) => {
      const body = {person: elements.person.value, substitute: elements.substitute.value || null, reason: elements.reason.value};
      tries += 1;
      return post('/absences', {...body, firstDay: first.value, lastDay: last.value}, `${key}-${tries}`);
    },
  });
  if (!done) return;
  say('Отсутствие записано.');
  await again();
}

/** What the absence of a person changes, and what stays as it is. */
function consequences({person, deals, tasks, lists}, name, substitute) {
  const count = deals.reduce((sum, one) => sum + one.deals, 0);
  const who = substitute ? name : 'группа';
  const left = [
    count && `${plural(count, 'сделка', 'сделки', 'сделок')} со всеми задачами, и новыми`,
    tasks.length && plural(tasks.length, 'открытая задача', 'открытые задачи', 'открытых задач'),
  ].filter(Boolean);
  return h('div', {class: 'note'}, h('b', {}, 'Что будет'), h('ul', {class: 'changes'},
    lists.length > 0 && h('li', {}, `Новые задачи получит ${who}. Назначен: ${lists.join('; ')}.`),
    !lists.length && !count && h('li', {}, 'В списках никуда не назначен: новые задачи роли и так видит вся группа.'),
    h('li', {}, `О задачах, которым подходит срок, узнает ${who}.`),
    left.length > 0 && h('li', {}, `Останутся за сотрудником: ${left.join(', ')}. `,
      h('a', {href: `/team#handover/${person.login}`}, 'Передать их другому'))));
}
