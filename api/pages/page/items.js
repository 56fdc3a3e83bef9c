// Views of universal lists: items, item dialog, assignee preview, history.

import {read, readAll, put, remove} from './deal/api.js';
import {day, dayForApi, moment} from './deal/text.js';
import {ask, button, confirmed, dateBox, field, fill, h, say, select, show, table} from './parts.js';
import {peopleOf} from './people.js';
import {turnAt} from './turns.js';

const SHIPPING = 'shippingDirections';

export async function showLists(view, desk) {
  const main = desk.lists.filter((list) => list.attributes.length);
  const rest = desk.lists.filter((list) => !list.attributes.length);
  const links = (lists) => h('ul', {class: 'lists'}, lists.map((list) => h('li', {}, h('a', {href: `#lists/${list.code}`}, list.name))));
  fill(view,
    h('h2', {}, 'Назначения'), links(main),
    h('p', {class: 'quiet'}, 'За направлением отгрузки закреплены оператор 1С, кладовщик и водитель: им приходят задачи.'),
    h('h2', {}, 'Справочники'), links(rest));
}

export async function showList(view, desk, code) {
  const mayShow = turnAt(view);
  const list = await read(`/lists/${code}`);
  const named = await namesOf(list);
  if (!mayShow()) return;
  let all = false;
  const again = () => showList(view, desk, code);
  const place = h('div', {class: 'wide'});
  const draw = () => fill(place, items(list, list.items.filter((item) => all || item.active), named, desk, again));
  const retired = list.items.filter((item) => !item.active).length;
  const history = h('details', {ontoggle: () => history.open && showHistory(history, list, named)}, h('summary', {}, 'История изменений'));
  fill(view,
    h('p', {}, h('a', {href: '#lists'}, '← Все списки')),
    h('div', {class: 'heading'}, h('h2', {}, list.name), desk.admin && button('Добавить значение', () => edit(list, null, named, again), 'main')),
    retired > 0 && h('label', {class: 'check'}, h('input', {type: 'checkbox', onchange: (event) => { all = event.target.checked; draw(); }}), `Показать недействующие: ${retired}`),
    place, history);
  draw();
}

/** Employees that items of a list can name: login → name, by role. */
async function namesOf(list) {
  const roles = [...new Set(list.attributes.map((about) => about.role).filter(Boolean))];
  const found = await Promise.all(roles.map(peopleOf));
  return Object.fromEntries(roles.map((role, at) => [role, new Map(found[at].items.map((one) => [one.login, one.name]))]));
}

function shown(about, value, named) {
  if (!value) return h('span', {class: 'quiet'}, '—');
  if (about.kind === 'person') return named[about.role].get(value) ?? h('span', {class: 'bad'}, `${value}: не в роли`);
  if (about.kind === 'choice') return about.choices.find((one) => one.code === value)?.name ?? value;
  return about.kind === 'date' ? day(value) : value;
}

const PLAIN = {kind: 'text'};

/** The value that was typed before a newer one was loaded into the control, if any. */
function typedBefore(typed, fresh, about, named) {
  if (typed === undefined || (typed ?? '') === (fresh ?? '')) return '';
  return `Вы вводили: ${h('p', {}, shown(about, typed, named)).textContent}`;
}

function items(list, rows, named, desk, again) {
  if (!rows.length) return h('p', {class: 'empty'}, 'Значений пока нет.');
  const used = list.attributes.filter((about) => rows.some((item) => item.attributes[about.code]));
  const unusual = rows.some((item) => !item.active || !item.choosable);
  const heads = ['Название', ...used.map((about) => about.label), ...(unusual ? ['Состояние'] : []), ''];
  return table(`Значения списка «${list.name}»`, heads, rows.map((item) => ({
    kind: item.active ? '' : 'retired',
    cells: [
      h('b', {}, item.name),
      ...used.map((about) => shown(about, item.attributes[about.code], named)),
      ...(unusual ? [!item.active ? 'не действует' : item.choosable ? 'действует' : 'вне срока'] : []),
      h('div', {class: 'actions'},
        list.code === SHIPPING && button('Кто получит', () => preview(item), '', {'aria-label': `Кто получит задачи: ${item.name}`}),
        desk.admin && button('Изменить', () => edit(list, item, named, again), '', {'aria-label': `Изменить: ${item.name}`})),
    ],
  })));
}

function control(about, value, named) {
  if (about.kind === 'choice') return select([['', 'не выбрано'], ...about.choices.map((one) => [one.code, one.name])], value);
  if (about.kind === 'date') return dateBox(value ?? '');
  if (about.kind !== 'person') return h('input', {type: 'text', value, maxlength: 255, autocomplete: 'off'});
  const people = [...named[about.role]];
  const left = value && !named[about.role].has(value) ? [[value, `${value} (не в роли)`]] : [];
  return select([['', 'не назначен'], ...left, ...people], value);
}

/** `typed`: values that were changed in the form before a newer item was loaded into it. */
async function edit(list, item, named, again, typed = {attributes: {}}) {
  const order = Math.max(0, ...list.items.map((one) => one.order)) + 1;
  const content = h('div', {class: 'grid'},
    !item && field('Код', h('input', {type: 'text', maxlength: 60, autocomplete: 'off'}), {name: 'code', required: true, hint: 'Латинские буквы и цифры, например tulaPickup. Потом не меняется.'}),
    field('Название', h('input', {type: 'text', value: item?.name, maxlength: 255, autocomplete: 'off'}), {name: 'name', required: true, hint: typedBefore(typed.name, item?.name, PLAIN, named)}),
    list.attributes.map((about) => field(about.label, control(about, item?.attributes[about.code], named), {name: about.code, hint: typedBefore(typed.attributes[about.code], item?.attributes[about.code], about, named)})),
    field('Порядок в списке', h('input', {type: 'number', min: 0, max: 100000, value: item?.order ?? order}), {name: 'order', hint: typedBefore(typed.order, item?.order, PLAIN, named)}),
    h('label', {class: 'check'}, h('input', {type: 'checkbox', name: 'active', checked: item?.active ?? true}), 'Действует (снимите, чтобы больше не выбирали)'),
    h('small', {}, typedBefore(inWords(typed.active), inWords(item?.active), PLAIN, named)));
  const place = (code) => `/lists/${list.code}/items/${encodeURIComponent(code)}`;
  const entered = (form) => {
    const attributes = Object.fromEntries(list.attributes.map(({code, kind}) => [code, (kind === 'date' ? dayForApi : String)(form.elements[code].value) || null]));
    return {name: form.elements.name.value, active: form.elements.active.checked, order: Number(form.elements.order.value) || 0, attributes};
  };
  let stale = false;
  /** The item was changed meanwhile: keep the typed values and offer to load the stored ones. */
  const faster = (problem, form) => {
    if (problem.code !== 'LIST_ITEM_CHANGED') return problem;
    stale = true;
    const offer = (close) => button('Показать, что записано сейчас', () => close({typed: changes(item, entered(form))}));
    return Object.assign(problem, {offer});
  };
  const deleting = (close, trouble) => button('Удалить', async () => {
    if (!(await confirmed('Удалить значение?', `«${item.name}» исчезнет из списка. Удалить можно только то, чего нет ни в одной сделке.`, 'Удалить', true))) return;
    try {
      await remove(place(item.code), item.version);
      close('deleted');
    } catch (problem) {
      show(trouble, faster(problem, trouble.closest('form')), close);
    }
  }, 'danger');
  const done = await ask(item ? `Изменить: ${item.name}` : 'Новое значение', content, {
    more: item ? [deleting] : [],
    send: async (form) => {
      const {code} = form.elements;
      if (code && !/^[A-Za-z][A-Za-z0-9]{0,59}$/.test(code.value)) throw wrongCode('Латинские буквы и цифры, первая буква.');
      if (code && list.items.some((one) => one.code === code.value)) throw wrongCode('Такой код уже есть.');
      try {
        return await put(place(item?.code ?? code.value), entered(form), item?.version ?? null);
      } catch (problem) {
        throw faster(problem, form);
      }
    },
  });
  if (done?.typed) return reload(list, item, named, again, done.typed);
  if (!done) return stale && again();
  say(done === 'deleted' ? 'Значение удалено.' : 'Сохранено.' + (list.code === SHIPPING ? ' Новые задачи пойдут так; открытые остались: см. «Открытые задачи».' : ''));
  await again();
}

const inWords = (active) => (active === undefined ? undefined : active ? 'действует' : 'не действует');

/** Values of the form that differ from the item. */
function changes(item, entered) {
  const own = (was, is) => Object.fromEntries(Object.entries(is).filter(([code, value]) => (value ?? '') !== (was[code] ?? '')));
  return {...own(item, {...entered, attributes: undefined}), attributes: own(item.attributes, entered.attributes)};
}

/** Reload the form with the stored item and show the typed values next to it. */
async function reload(list, item, named, again, typed) {
  let fresh;
  try {
    fresh = await read(`/lists/${list.code}/items/${encodeURIComponent(item.code)}`);
  } catch (problem) {
    say(problem.message, 'bad');
    return again();
  }
  await again();
  await edit(list, fresh, named, again, typed);
}

const wrongCode = (message) => Object.assign(new Error('Проверьте код.'), {errors: [{field: 'code', message}]});

async function preview(item) {
  const place = h('div', {class: 'wide'});
  const when = dateBox('', {onchange: () => load()});
  async function load() {
    if (when.problem) return fill(place, h('p', {class: 'bad', role: 'alert'}, when.problem));
    try {
      const {on, items: rows} = await read(`/lists/${SHIPPING}/items/${item.code}/assignees${when.value ? `?on=${encodeURIComponent(when.value)}` : ''}`);
      when.value ||= on; // the API's default: today at the branch
      fill(place, table('Кто получит задачу в этот день', ['Роль', 'Назначен', 'Получит', 'Почему'], rows.map((row) => ({
        kind: row.alerts ? 'alert' : '',
        cells: [row.label, row.named?.name ?? '—', h('b', {}, row.person?.name ?? `группа «${row.group.name}»`), row.text],
      }))));
    } catch (trouble) {
      fill(place, h('p', {class: 'bad', role: 'alert'}, trouble.message));
    }
  }
  const loading = load();
  const content = h('div', {}, field('День', when, {name: 'on'}), place,
    h('p', {class: 'quiet'}, 'Водитель, указанный в карточке сделки, важнее водителя направления.'));
  await ask(`Кто получит: ${item.name}`, content, {yes: null, no: 'Закрыть'});
  await loading;
}

async function showHistory(details, list, named) {
  const rows = await readAll(`/lists/${list.code}/history?limit=500`);
  const known = details.querySelector('.wide') ?? h('div', {class: 'wide'});
  fill(known, rows.length
    ? table('Изменения, последние сверху', ['Когда', 'Кто', 'Значение', 'Было → стало'], rows.reverse().map((row) => ({
      cells: [moment(row.at), row.actor.name, row.new?.name ?? row.old?.name ?? row.code, differences(list, row, named)],
    })))
    : h('p', {class: 'empty'}, 'Изменений пока не было.'));
  details.append(known);
}

function differences(list, {old, new: now}, named) {
  if (!now) return 'удалено';
  if (!old) return 'добавлено';
  const yes = (value) => (value ? 'да' : 'нет');
  const all = [
    ['Название', old.name, now.name, PLAIN],
    ['Действует', yes(old.active), yes(now.active), PLAIN],
    ['Порядок', String(old.order), String(now.order), PLAIN],
    ...list.attributes.map((about) => [about.label, old.attributes[about.code], now.attributes[about.code], about]),
  ];
  const changed = all.filter(([, was, is]) => (was ?? '') !== (is ?? ''));
  return h('ul', {class: 'changes'}, changed.map(([label, was, is, about]) => h('li', {}, `${label}: `, shown(about, was, named), ' → ', shown(about, is, named))));
}
