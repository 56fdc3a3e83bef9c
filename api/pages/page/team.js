// Page «Отдел»: deals that stand still, overdue tasks, load per person, and handing over the work of somebody who leaves.

import {Trouble, newKey, post, read} from './deal/api.js';
import {day, moment, plural} from './deal/text.js';
import {onChange} from './live.js';
import {start} from './page.js';
import {button, confirmed, field, fill, h, say, select, table} from './parts.js';
import {turnAt} from './turns.js';

const VIEWS = [['load', 'Нагрузка'], ['overdue', 'Просрочено'], ['stuck', 'Без следующего шага'], ['handover', 'Передать дела']];

start(async ({view}) => {
  const tabs = h('nav', {class: 'tabs', 'aria-label': 'Отдел'});
  const content = h('div', {});
  fill(view, h('h1', {}, 'Отдел'), tabs, content);
  let load = await read('/workload');

  const chosen = () => {
    const [name, login] = location.hash.slice(1).split('/').map(decodeURIComponent);
    return {name: VIEWS.some(([code]) => code === name) ? name : 'load', login};
  };

  function drawTabs() {
    const counts = {overdue: load.overdueCount};
    fill(tabs, VIEWS.map(([code, label]) => h('a', {href: `#${code}`, 'aria-current': code === chosen().name ? 'page' : null}, label, counts[code] ? h('b', {}, ` ${counts[code]}`) : null)));
  }

  async function show() {
    drawTabs();
    const {name, login} = chosen();
    const mayShow = turnAt(content, {instead: true});
    const place = h('div', {});
    try {
      if (name === 'stuck') {
        fill(content, h('p', {class: 'quiet', role: 'status'}, 'Проверяем открытые сделки…'));
        await showStuck(place);
      } else if (name === 'handover') await showHandover(place, load, login);
      else if (name === 'overdue') showOverdue(place, load);
      else showLoad(place, load);
      if (mayShow()) fill(content, place);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (mayShow()) fill(content, h('p', {class: 'note bad', role: 'alert'}, trouble.message), button('Повторить', show));
    }
  }

  addEventListener('hashchange', show);
  onChange('deals', async () => {
    const inUse = () => !['load', 'overdue'].includes(chosen().name) || content.contains(document.activeElement);
    if (inUse()) return;
    const mayShow = turnAt(tabs);
    const found = await read('/workload');
    if (!mayShow()) return;
    load = found;
    if (!inUse()) await show();
  });
  await show();
});

function showLoad(content, {people, groups}) {
  fill(content,
    people.length ? table('Нагрузка сотрудников', ['Сотрудник', 'Роль', 'Сделок ведёт', 'На сумму', 'Задач в работе', 'Просрочено', 'Действия'], people.map((one) => ({
      kind: one.overdue ? 'alert' : '',
      cells: [
        h('div', {}, h('b', {}, one.person.name), one.awayUntil && h('div', {class: 'quiet'}, `отсутствует по ${day(one.awayUntil)}`)),
        one.roles.length ? one.roles.map(({name}) => name).join(', ') : h('span', {class: 'bad'}, 'больше не работает'),
        one.deals ? h('a', {href: `/deals?manager=${encodeURIComponent(one.person.login)}&open=true`}, one.deals) : '0',
        one.deals ? one.amountText : '—', String(one.tasks), one.overdue ? h('b', {class: 'bad'}, one.overdue) : '0',
        (one.deals || one.tasks) > 0 && h('a', {href: `#handover/${one.person.login}`, 'aria-label': `Передать дела: ${one.person.name}`}, 'Передать дела…'),
      ],
    }))) : h('div', {class: 'empty'}, 'В ваших направлениях никто не работает.'),
    groups.length > 0 && [h('h2', {}, 'Ждут, кто возьмёт'), table('Свободные задачи ролей', ['Роль', 'Свободных задач', 'Просрочено'], groups.map((one) => ({
      kind: one.overdue ? 'alert' : '', cells: [one.role.name, String(one.tasks), one.overdue ? h('b', {class: 'bad'}, one.overdue) : '0'],
    })))]);
}

function showOverdue(content, {overdue, overdueCount}) {
  const hidden = overdueCount - overdue.length;
  fill(content, overdue.length ? table('Просроченные задачи', ['Срок', 'Задача', 'Сделка', 'Стадия', 'У кого'], overdue.map((one) => ({cells: [
    h('span', {class: 'bad'}, moment(one.due)), one.name,
    h('div', {}, h('a', {href: `/deals/${one.deal.code}`}, one.deal.name || one.deal.code), h('div', {class: 'quiet'}, one.deal.code)), one.stage.name,
    one.person?.name ?? h('span', {class: 'quiet'}, `группа: ${one.groups.map(({name}) => name).join(', ') || '—'}`),
  ]}))) : h('div', {class: 'empty'}, 'Просроченных задач нет.'),
  hidden > 0 && h('p', {class: 'quiet'}, `Показаны самые давние. Ещё ${plural(hidden, 'задача', 'задачи', 'задач')}.`));
}

async function showStuck(content) {
  const items = [];
  let next = '/deals-without-next-step';
  while (next && items.length < 200) {
    const page = await read(next);
    items.push(...page.items);
    next = page.next?.slice('/api/v1'.length);
  }
  fill(content, items.length ? table('Сделки без следующего шага', ['Сделка', 'Стадия', 'Менеджер', 'Почему стоит и что делать'], items.map(({deal, reason}) => ({kind: 'alert', cells: [
    h('div', {}, h('a', {href: `/deals/${deal.id}`}, deal.counterparty || deal.subject || deal.id), h('div', {class: 'quiet'}, deal.id)), deal.stage.name, deal.manager.name, reason,
  ]}))) : h('div', {class: 'empty'}, 'У каждой открытой сделки есть следующий шаг.'),
  next && h('p', {class: 'quiet'}, 'Показаны первые. Разберите их и обновите страницу.'));
}

/** Choose whose work goes to whom, look at what that is, confirm, and repeat until nothing is left. */
async function showHandover(content, load, login = '') {
  const roles = [...new Map(load.people.flatMap((one) => one.roles).map((role) => [role.code, role])).values()];
  const found = await Promise.all(roles.map((role) => read(`/roles/${role.code}/people`)));
  const groups = found.map(({role, items}) => ({label: role.name, options: items.map((one) => [one.login, one.name])}));
  const from = select([['', 'выберите'], ...load.people.map(({person}) => [person.login, person.name])], login);
  const to = select([['', 'выберите'], ...groups]);
  const reason = h('input', {type: 'text', maxlength: 500, autocomplete: 'off'});
  const place = h('div', {'aria-live': 'polite'});
  const go = button('Передать…', () => give(), 'main', {disabled: true});
  let shown = null;

  async function preview() {
    const mayShow = turnAt(place, {instead: true});
    go.disabled = true;
    shown = null;
    if (!from.value) return void fill(place);
    let work = null;
    try {
      work = await read(`/people/${from.value}/handover${to.value ? `?to=${to.value}` : ''}`);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (mayShow()) fill(place, h('p', {class: 'note bad', role: 'alert'}, trouble.message));
      return undefined;
    }
    if (!mayShow()) return undefined;
    shown = work;
    go.disabled = !to.value || to.value === from.value || !(work.deals.length + work.tasks.length);
    fill(place, whatMoves(work));
    return undefined;
  }

  async function give() {
    if (!reason.value.trim()) {
      say('Напишите, почему передаёте: это останется в истории.', 'bad');
      return reason.focus();
    }
    const deals = shown.deals.filter(({fits}) => fits).reduce((sum, one) => sum + one.deals, 0);
    const sentence = `${shown.person.name} → ${shown.to.name}: ${plural(deals, 'сделка', 'сделки', 'сделок')}, ${plural(shown.tasks.length, 'задача', 'задачи', 'задач')}. Открытые задачи менеджера перейдут вместе со сделками.`;
    if (!(await confirmed('Передать все дела?', sentence, 'Передать'))) return undefined;
    const total = {deals: 0, tasks: 0, returned: 0, refused: []};
    go.disabled = true;
    try {
      let left = 1;
      while (left > 0) {
        const done = await post(`/people/${from.value}/handover`, {to: to.value, reason: reason.value.trim()}, newKey());
        for (const name of ['deals', 'tasks', 'returned']) total[name] += done[name];
        total.refused = done.refused;
        left = done.deals ? done.left : 0;
      }
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      total.refused = [`${trouble.message} Повторите: переданное второй раз не передаётся.`];
    }
    await preview();
    place.prepend(h('div', {class: total.refused.length ? 'note bad' : 'note good', role: 'status'},
      h('b', {}, `Передано: ${plural(total.deals, 'сделка', 'сделки', 'сделок')}, ${plural(total.tasks, 'задача', 'задачи', 'задач')}.`),
      total.returned > 0 && ` Вернулось группам: ${total.returned}.`,
      total.refused.length > 0 && h('ul', {class: 'changes'}, total.refused.map((one) => h('li', {}, one)))));
    return undefined;
  }

  from.addEventListener('change', preview);
  to.addEventListener('change', preview);
  fill(content, h('p', {class: 'quiet'}, 'Когда сотрудник увольняется или надолго уходит: все его открытые сделки и задачи достаются другому. На время отпуска хватит отсутствия с заместителем: его записывает администратор на странице «Списки».'),
    h('div', {class: 'grid'}, field('Чьи дела', from, {name: 'from', required: true}), field('Кому', to, {name: 'to', required: true}), field('Почему', reason, {name: 'reason', required: true, hint: 'Увидит новый сотрудник.'})),
    h('p', {}, go), place);
  if (login) await preview();
}

function whatMoves({deals, tasks, lists, to}) {
  if (!deals.length && !tasks.length && !lists.length) return h('div', {class: 'empty'}, 'Передавать нечего: открытых сделок и задач нет.');
  const fate = (fits, yes, no) => (!to ? '—' : fits ? yes : h('span', {class: 'bad'}, no));
  return [
    deals.length > 0 && table('Сделки', ['Направление', 'Открытых сделок', 'Что будет'], deals.map((one) => ({cells: [one.direction.name, String(one.deals), fate(one.fits, `перейдут: ${to?.name}`, 'останутся: роль не подходит')]}))),
    tasks.length > 0 && [h('h2', {}, 'Задачи, кроме тех, что идут со сделками'), table('Задачи', ['Задача', 'Сделка', 'Роль', 'Что будет'], tasks.map((one) => ({cells: [one.name, h('a', {href: `/deals/${one.deal.code}`}, one.deal.name || one.deal.code), one.groups.map(({name}) => name).join(', '), fate(one.fits, `получит: ${to?.name}`, 'вернётся группе')]})))],
    lists.length > 0 && [h('h2', {}, 'Назначен в списках'), h('ul', {class: 'changes'}, lists.map((one) => h('li', {}, one))), h('p', {class: 'quiet'}, 'Новые задачи по ним пойдут ему же, пока администратор не поправит списки.')],
  ];
}
