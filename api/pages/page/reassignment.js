// View of open tasks whose assignee the assignment rule would not choose now.

import {newKey, post, read} from './deal/api.js';
import {button, confirmed, fill, h, select, table} from './parts.js';
import {turnAt} from './turns.js';

const WORDS = {done: 'передана', changed: 'изменилась раньше', refused: 'не передана'};

export async function showTasks(view, desk, direction = '', results = null) {
  const mayShow = turnAt(view);
  const [{items}, list] = await Promise.all([
    read(`/assignments/review${direction ? `?direction=${encodeURIComponent(direction)}` : ''}`),
    read('/lists/shippingDirections'),
  ]);
  if (!mayShow()) return;
  const names = new Map(list.items.map((item) => [item.code, item.name]));
  const which = select([['', 'все направления'], ...names], direction);
  which.addEventListener('change', () => (location.hash = which.value ? `tasks/${which.value}` : 'tasks'));
  const chosen = new Set(items.map((one) => one.id));
  const go = button('', () => move(view, desk, direction, items.filter((one) => chosen.has(one.id))), 'main');
  const count = () => {
    go.textContent = `Переназначить выбранные: ${chosen.size}`;
    go.disabled = !chosen.size;
  };
  count();
  fill(view,
    h('h2', {}, 'Открытые задачи не у тех, кого выбрало бы правило'),
    h('p', {class: 'quiet'}, 'Когда меняется список или сотрудник уходит в отпуск, открытые задачи остаются у прежнего исполнителя. Здесь их можно передать.'),
    h('div', {class: 'heading'}, h('label', {class: 'inline'}, 'Направление отгрузки ', which), items.length > 0 && go),
    results && outcome(results),
    h('div', {class: 'wide'}, items.length ? review(items, names, chosen, count) : h('p', {class: 'empty'}, 'Все открытые задачи у тех, у кого должны быть.')));
}

function review(items, names, chosen, count) {
  const box = (one) => h('input', {type: 'checkbox', checked: true, 'aria-label': `Выбрать: ${one.name}, ${one.deal.code}`, onchange: (event) => {
    if (event.target.checked) chosen.add(one.id);
    else chosen.delete(one.id);
    count();
  }});
  return table('Задачи', ['Выбор', 'Задача', 'Направление отгрузки', 'Роль', 'Сейчас у', 'Получит', 'Почему'], items.map((one) => ({
    cells: [
      box(one), h('b', {}, one.name), names.get(one.direction) ?? '—', one.role.name, one.now.name, receiver(one), one.why,
    ],
  })));
}

const receiver = (one) => one.wouldBe?.name ?? `группа «${one.group.name}»`;

async function move(view, desk, direction, items) {
  const lines = h('ul', {class: 'changes'}, items.map((one) => h('li', {}, `${one.name}: ${one.now.name} → ${receiver(one)}`)));
  if (!(await confirmed(`Передать задачи: ${items.length}?`, lines, 'Передать'))) return;
  const tasks = items.map((one) => ({id: one.id, to: one.wouldBe?.login ?? null, seen: one.now.login}));
  const byId = new Map(items.map((one) => [one.id, one]));
  try {
    const {items: answers} = await post('/assignments/reassign', {tasks}, newKey());
    await showTasks(view, desk, direction, answers.map((one) => ({...one, name: byId.get(one.id).name})));
  } catch (trouble) {
    await showTasks(view, desk, direction, [{name: 'Задачи', outcome: 'refused', detail: trouble.message}]);
  }
}

function outcome(results) {
  const done = results.filter((one) => one.outcome === 'done').length;
  const troubles = results.filter((one) => one.outcome !== 'done');
  return h('div', {class: troubles.length ? 'note bad' : 'note good', role: 'status'},
    h('b', {}, `Передано: ${done} из ${results.length}.`),
    troubles.length > 0 && h('ul', {class: 'changes'}, troubles.map((one) => h('li', {}, `${one.name}: ${WORDS[one.outcome]}. ${one.detail}`))));
}
