// Page «Отчёты»: a chart with its table, for a direction and a period; the address keeps the choice.

import {Trouble, read} from './deal/api.js';
import {day} from './deal/text.js';
import {chart} from './chart.js';
import {start} from './page.js';
import {dateBox, fill, h, select, table, today} from './parts.js';
import {turnAt} from './turns.js';

const BASE = '/api/v1';
const PERIODS = [['month', 'Этот месяц'], ['last', 'Прошлый месяц'], ['quarter', 'Этот квартал'], ['year', 'Этот год'], ['own', 'Другой период']];

start(async ({view, first: {items: kinds, directions}}) => {
  const given = new URLSearchParams(location.search);
  let kind = kinds.find(({code}) => code === given.get('report')) ?? kinds[0];
  const direction = select([], '');
  const period = select(PERIODS, periodOf(given));
  const [since, until] = [['since', 'Первый день'], ['until', 'Последний день']].map(([name, label]) => dateBox(given.get(name) ?? '', {name, 'aria-label': label, onchange: () => load()}));
  direction.setAttribute('aria-label', 'Направление');
  period.setAttribute('aria-label', 'Период');
  direction.addEventListener('change', () => load());
  period.addEventListener('change', () => { choosePeriod(); load(); });
  const days = h('span', {class: 'inline'}, 'с ', since.root, ' по ', until.root);
  const tabs = h('nav', {class: 'tabs', 'aria-label': 'Отчёты'});
  const place = h('div', {'aria-live': 'polite'});
  const files = h('div', {class: 'actions'});

  function choosePeriod() {
    days.hidden = period.value !== 'own';
    if (period.value !== 'own') [since.value, until.value] = daysOf(period.value, today());
  }

  function drawChoice() {
    const chosen = direction.value || given.get('direction') || '';
    fill(direction, kind.single ? null : h('option', {value: ''}, 'Все направления'),
      directions.map(({code, name}) => h('option', {value: code, selected: code === chosen}, name)));
    fill(tabs, kinds.map((one) => h('a', {href: `?report=${one.code}`, 'aria-current': one === kind ? 'page' : null, onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      kind = one;
      drawChoice();
      load();
    }}, one.name)));
  }

  async function load() {
    const mayShow = turnAt(place, {instead: true});
    const wrong = [since, until].find(({problem}) => problem);
    if (wrong) return fill(place, h('p', {class: 'note bad', role: 'alert'}, wrong.problem));
    const query = new URLSearchParams();
    if (direction.value) query.set('direction', direction.value);
    for (const box of [since, until]) if (box.value) query.set(box.input.name, box.value);
    history.replaceState(null, '', `/reports?${new URLSearchParams([['report', kind.code], ...query, ['period', period.value]])}`);
    place.setAttribute('aria-busy', 'true');
    let made = null;
    let trouble = null;
    try {
      made = await read(`/reports/${kind.code}?${query}`);
    } catch (problem) {
      if (!(problem instanceof Trouble)) throw problem;
      trouble = problem;
    }
    if (!mayShow()) return;
    place.removeAttribute('aria-busy');
    fill(files, made && ['xlsx', 'csv'].map((format) => h('a', {class: 'button', download: `${kind.code}.${format}`, href: `${BASE}/reports/${kind.code}/export?${new URLSearchParams([...query, ['format', format]])}`}, format === 'csv' ? 'Скачать CSV' : 'Скачать Excel')));
    fill(place, made ? report(made) : h('p', {class: 'note bad', role: 'alert'}, trouble.message));
  }

  fill(view, h('div', {class: 'heading'}, h('h1', {}, 'Отчёты'), files), tabs,
    h('div', {class: 'filters', role: 'group', 'aria-label': 'Отбор'}, direction, period, days), place);
  drawChoice();
  choosePeriod();
  await load();
}, () => read('/reports'));

/** The period of an address: a named one, or the days that it gives. */
function periodOf(given) {
  const named = PERIODS.some(([code]) => code === given.get('period'));
  return named ? given.get('period') : given.get('since') ? 'own' : 'quarter';
}

/** First and last day of a named period, both as 2026-11-28. */
function daysOf(name, now) {
  const [year, month] = now.split('-').map(Number);
  const date = (y, m, d) => new Date(Date.UTC(y, m - 1, d)).toISOString().slice(0, 10);
  if (name === 'last') return [date(year, month - 1, 1), date(year, month, 0)];
  if (name === 'year') return [date(year, 1, 1), now];
  return [date(year, name === 'quarter' ? month - (month - 1) % 3 : month, 1), now];
}

function report({report: kind, directions, since, until, columns, rows, total, bars}) {
  const heading = [h('h2', {}, kind.name), h('p', {class: 'quiet'}, `${day(since)} – ${day(until)}. ${directions.length === 1 ? `${directions[0].name}. ` : ''}${kind.hint}`)];
  if (!rows.length) return [...heading, h('div', {class: 'empty'}, 'За этот период ничего нет. Выберите другой период или направление.')];
  const texts = columns.findIndex(({unit}) => unit !== 'text');
  const label = (row) => row.cells.slice(0, texts).map(({text}) => text).filter(Boolean).join(' · ');
  const shown = rows.map((row) => ({label: label(row), ...row.cells[bars]}));
  const cells = (row) => row.cells.map(({text, value}) => (value === null ? text || '—' : h('span', {class: 'number'}, text)));
  return [...heading,
    h('h3', {}, columns[bars].label), chart(shown),
    h('div', {class: 'wide report'}, table(kind.name, columns.map((column) => column.label), [...rows.map((row) => ({cells: cells(row)})), ...(total ? [{cells: cells(total).map((cell) => (cell === '—' ? '' : cell)), kind: 'total'}] : [])]))];
}
