// View of document templates: the administrator's DOCX files, their versions, and what they may ask for.

import {newKey, post, read, send} from './deal/api.js';
import {moment, plural} from './deal/text.js';
import {ask, button, confirmed, field, fill, h, say, select, table} from './parts.js';
import {turnAt} from './turns.js';

export async function showTemplates(view) {
  const mayShow = turnAt(view);
  const [{items, kinds}, {items: directions}] = await Promise.all([read('/templates'), read('/directions')]);
  if (!mayShow()) return;
  const again = () => showTemplates(view);
  const retired = items.filter((one) => !one.inUse).length;
  let all = false;
  const place = h('div', {class: 'wide'});
  const draw = () => fill(place, templates(items.filter((one) => all || one.inUse), again));
  const known = h('details', {ontoggle: () => known.open && showPlaceholders(known)}, h('summary', {}, 'Что можно подставить'));
  fill(view,
    h('div', {class: 'heading'}, h('h2', {}, 'Шаблоны документов'), button('Добавить шаблон', () => add(kinds, directions, again), 'main')),
    h('p', {class: 'quiet'}, 'Документ Word (.docx), в котором место значения отмечено двойными скобками: {{Контрагент}}, {{Лимит | прописью}}. Документ составляют на странице сделки и в задаче юриста.'),
    retired > 0 && h('label', {class: 'check'}, h('input', {type: 'checkbox', onchange: (event) => { all = event.target.checked; draw(); }}), `Показать выведенные из работы: ${retired}`),
    place, known);
  draw();
}

function templates(rows, again) {
  if (!rows.length) return h('p', {class: 'empty'}, 'Шаблонов пока нет.');
  return table('Шаблоны', ['Название', 'Вид', 'Направления', 'Версия', 'Действия'], rows.map((one) => ({
    kind: one.inUse ? '' : 'retired',
    cells: [
      [h('b', {}, one.name), one.unknown.length > 0 && h('p', {class: 'bad'}, `Больше нет: ${one.unknown.join('; ')}. Загрузите новую версию.`)],
      one.kindName, one.directions.map(({name}) => name).join(', ') || 'все', versions(one),
      h('div', {class: 'actions'},
        one.inUse && button('Новая версия…', () => replace(one, again), '', {'aria-label': `Новая версия: ${one.name}`}),
        button(one.inUse ? 'Вывести из работы…' : 'Вернуть в работу', () => use(one, again), '', {'aria-label': `${one.inUse ? 'Вывести из работы' : 'Вернуть в работу'}: ${one.name}`})),
    ],
  })));
}

function versions({id, versions: [latest, ...older]}) {
  const link = (one) => h('p', {}, h('a', {href: `/api/v1/templates/${id}/versions/${one.number}`, download: one.fileName}, `${one.number}: ${one.fileName}`),
    h('small', {}, ` ${moment(one.uploadedAt)}, ${one.uploadedBy.name}`));
  return [link(latest), older.length > 0 && h('details', {}, h('summary', {}, plural(older.length, 'прежняя версия', 'прежние версии', 'прежних версий')), older.map(link))];
}

async function add(kinds, directions, again) {
  const choice = select(kinds.map(({code, name}) => [code, name]));
  const only = directions.map(({code, name}) => h('label', {class: 'check'}, h('input', {type: 'checkbox', value: code}), name));
  const content = h('div', {},
    field('Название', h('input', {type: 'text', maxlength: 100, autocomplete: 'off'}), {name: 'name', required: true, hint: 'Его увидят в сделке, например «Договор поставки».'}),
    field('Вид', choice, {name: 'kind'}), picker(),
    h('fieldset', {}, h('legend', {}, 'Для каких направлений (не отмечено: для всех)'), h('div', {class: 'grid'}, only)));
  const upload = sender();
  const done = await ask('Добавить шаблон', content, {yes: 'Проверить и добавить', send: ({elements}) => {
    const codes = only.map((label) => label.querySelector('input')).filter(({checked}) => checked).map(({value}) => value);
    const query = new URLSearchParams({name: elements.name.value.trim(), kind: choice.value, directions: codes.join(',')});
    return upload('/templates', query, elements.file.files[0]);
  }});
  if (!done) return;
  say('Шаблон добавлен.');
  await again();
}

async function replace(template, again) {
  const upload = sender();
  const done = await ask(`Новая версия: ${template.name}`, [h('p', {}, 'Документы будут составляться по новой версии; прежние останутся здесь.'), picker()],
    {yes: 'Проверить и загрузить', send: ({elements}) => upload(`/templates/${template.id}/versions`, new URLSearchParams(), elements.file.files[0])});
  if (!done) return;
  say('Новая версия загружена.');
  await again();
}

async function use(template, again) {
  if (template.inUse && !(await confirmed('Вывести шаблон из работы?', `«${template.name}»: новых документов по нему не составят. Вернуть можно в любой день.`, 'Вывести из работы'))) return;
  try {
    await post(`/templates/${template.id}/use`, {inUse: !template.inUse});
    say(template.inUse ? 'Шаблон выведен из работы.' : 'Шаблон снова в работе.');
  } catch (trouble) {
    say(trouble.message, 'bad');
  }
  await again();
}

const picker = () => field('Файл Word', h('input', {type: 'file', accept: '.docx'}), {name: 'file', required: true, hint: 'До 3 МБ. Подстановки проверим сразу.'});

/** Sends a file; a repeated sending of the same one has one effect, a refusal names every placeholder. */
function sender() {
  let key = newKey();
  return async (path, query, file) => {
    query.set('file', file.name);
    try {
      return await send(`${path}?${query}`, file, key);
    } catch (trouble) {
      if (!trouble.isUnknown) key = newKey();
      const problems = trouble.problem?.problems;
      if (problems) trouble.offer = () => h('ul', {class: 'changes'}, problems.map((one) => h('li', {}, one)));
      throw trouble;
    }
  };
}

async function showPlaceholders(details) {
  if (details.querySelector('table')) return;
  const {items} = await read('/placeholders');
  details.append(h('p', {class: 'quiet'}, 'Имена с точкой ставят в строке таблицы: она повторится для каждого товара или решения.'),
    table('Подстановки', ['Имя', 'Формы', 'Что это'], items.map(({name, forms, about}) => ({kind: '', cells: [h('b', {}, `{{${name}}}`), forms.map((form) => `| ${form}`).join('  ') || '—', about || '—']}))));
}
