// Goods of an order: the table to read, the table to type or paste into, exact sums.

import {append, button, fill, h} from './dom.js';
import {moneyForApi, moneyForPeople} from './text.js';

const MAX_LINES = 300;
const UNIT = 'шт.';
const COLUMNS = [
  ['article', 'Артикул', 50], ['name', 'Наименование', 200], ['quantity', 'Кол-во', 30], ['unit', 'Ед.', 10], ['price', 'Цена, ₽', 30],
];
/** @type {[string, RegExp][]} */
const HEADS = [
  ['article', /^(артикул|код)/], ['name', /^(наименование|название|товар|номенклатура)/], ['quantity', /^(кол|к-во)/], ['unit', /^ед/], ['price', /^цена/],
]; // how spreadsheets and 1C name the columns
const MANY = 200_000; // characters of a pasted text

/** «10,50» → "10.5"; what is not a number stays as typed, for the server to explain. */
function quantityForApi(typed) {
  const text = String(typed ?? '').replace(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  if (!/^\d{1,20}(\.\d{1,9})?$/.test(text)) return String(typed ?? '').trim();
  const [whole, rest = ''] = text.split('.');
  const places = rest.replace(/0+$/, '');
  return (whole.replace(/^0+(?=\d)/, '')) + (places ? `.${places}` : '');
}

const quantityForPeople = (quantity) => String(quantity ?? '').replace('.', ',');

/** Kopecks of a line as an exact number; null without a price, or while a number is not understood. */
function kopecks({quantity, price}) {
  if (!/^\d{1,10}(\.\d{1,3})?$/.test(quantity ?? '') || !/^\d{1,10}\.\d\d$/.test(price ?? '')) return null;
  const [whole, rest = ''] = quantity.split('.');
  return (BigInt(whole + rest.padEnd(3, '0')) * BigInt(price.replace('.', '')) + 500n) / 1000n;
}

const money = (amount) => moneyForPeople(`${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`);

function totalOf(lines) {
  const known = lines.map(kopecks).filter((amount) => amount !== null);
  return known.length ? `${money(known.reduce((sum, amount) => sum + amount, 0n))} ₽` : '';
}

/** The lines as a table for reading. */
export function goodsTable(lines) {
  const priced = lines.some(({price}) => price !== null);
  const heads = ['Артикул', 'Наименование', 'Кол-во', ...(priced ? ['Цена, ₽', 'Сумма, ₽'] : [])];
  return h('table', {class: 'deal-goods'},
    h('thead', {}, h('tr', {}, heads.map((head) => h('th', {scope: 'col'}, head)))),
    h('tbody', {}, lines.map((line) => {
      const sum = kopecks(line);
      const cells = [line.article, line.name, h('b', {}, `${quantityForPeople(line.quantity)} ${line.unit}`),
        ...(priced ? [line.price === null ? '—' : moneyForPeople(line.price), sum === null ? '—' : money(sum)] : [])];
      return h('tr', {}, cells.map((cell, at) => h('td', {'data-head': heads[at]}, cell)));
    })),
    priced ? h('tfoot', {}, h('tr', {}, h('td', {colspan: 4}, 'Итого'), h('td', {'data-head': 'Итого'}, totalOf(lines)))) : null);
}

/** The lines as a spreadsheet takes them from the clipboard. */
export const goodsText = (lines) => lines.map((line) => [line.article, line.name, quantityForPeople(line.quantity), line.unit,
  line.price === null ? '' : line.price.replace('.', ',')].join('\t')).join('\n');

/** Cells of a text copied from a spreadsheet; a cell in quotes may hold ends of lines. */
function cellsOf(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  const end = () => { rows[rows.length - 1].push(cell.replace(/\s+/g, ' ').trim()); cell = ''; }; // a field of one line takes no ends of lines
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') { cell += sign; at += 1; } else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === '\t') end();
    else if (sign === '\n') { end(); rows.push([]); } else if (sign !== '\r') cell += sign;
  }
  end();
  return rows.filter((row) => row.some(Boolean));
}

const isNumber = (cell) => /^\d[\d\s\u00a0\u202f]*([.,]\d+)?$/.test(cell ?? '');

/** Which member is in which column, where the sheet names none: артикул, наименование, количество, ед., цена, сумма. */
function membersOf(row) {
  const first = isNumber(row[1]) ? ['name', 'quantity'] : ['article', 'name', 'quantity'];
  const after = row[first.length];
  return [...first, ...(after && !isNumber(after) ? ['unit'] : []), 'price'];
}

/** Lines of a text copied from a spreadsheet, with or without its heads. */
export function linesOf(text) {
  const rows = cellsOf(text.slice(0, MANY));
  const named = (rows[0] ?? []).map((head) => HEADS.find(([, words]) => words.test(head.toLowerCase()))?.[0]);
  const headed = named.includes('name') && named.includes('quantity');
  return (headed ? rows.slice(1) : rows).map((row) => {
    const members = headed ? named : membersOf(row);
    const line = Object.fromEntries(members.map((member, at) => [member, row[at] ?? '']).filter(([member]) => member));
    return lineOf(line);
  });
}

/** A line as the API wants it, of what was typed. */
const lineOf = ({article = '', name = '', quantity = '', unit = '', price = ''}) => ({
  article: article.trim(), name: name.trim(), quantity: quantityForApi(quantity), unit: unit.trim() || UNIT,
  price: price.trim() ? moneyForApi(price) : null,
});

/** The table to type into; as the controls of `fields.js`. A text with several cells that is pasted fills lines. */
export function goodsControl(id) {
  const body = h('tbody', {});
  const sum = h('output', {});
  const box = h('textarea', {rows: 3, 'aria-label': 'Строки, скопированные из таблицы', placeholder: 'Артикул, наименование, количество, ед., цена'});
  const said = h('p', {class: 'deal-note', role: 'status'});
  const element = h('div', {class: 'deal-goods-edit'},
    h('table', {class: 'deal-goods'}, h('thead', {}, h('tr', {}, [...COLUMNS.map(([, label]) => label), 'Сумма, ₽', ''].map(
      (label) => h('th', {scope: 'col'}, label || h('span', {class: 'deal-offscreen'}, 'Убрать'))))), body),
    h('p', {class: 'deal-goods-foot'}, button('Добавить строку', () => { add({}); rows().at(-1).querySelector('input').focus(); }, 'small'), h('span', {}, 'Итого: ', sum)),
    h('details', {}, h('summary', {}, 'Вставить из Excel или 1С'),
      h('p', {class: 'deal-hint'}, 'Скопируйте строки в таблице и вставьте сюда. Порядок: артикул, наименование, количество, единица, цена; или со строкой заголовков, тогда порядок любой.'),
      box, button('Добавить строки', () => { if (take(box.value)) box.value = ''; }, 'small'), said));
  const rows = () => [...body.rows];
  const typed = (row) => lineOf(Object.fromEntries([...row.querySelectorAll('input')].map((input) => [input.name, input.value])));
  const isBlank = (row) => [...row.querySelectorAll('input')].every(({name, value}) => name === 'unit' || !value.trim());
  const lines = () => rows().filter((row) => !isBlank(row)).map(typed);

  function add(line) {
    const row = h('tr', {}, COLUMNS.map(([name, label, longest], at) => h('td', {'data-head': label}, h('input', {
      type: 'text', name, maxlength: longest, autocomplete: 'off', inputmode: name === 'quantity' || name === 'price' ? 'decimal' : null,
      'aria-label': label, id: !body.rows.length && at === 0 ? id : null, value: shownOf(name, line[name]),
    }))), h('td', {class: 'deal-sum', 'data-head': 'Сумма, ₽'}),
    h('td', {}, button('✕', () => drop(row), 'small', {'aria-label': 'Убрать строку'})));
    append(body, row);
    count();
  }

  function drop(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (!body.rows.length) add({});
    (next ?? body.rows[0]).querySelector('input').focus();
    touched();
  }

  /** Sums, and names of the cells by which a screen reader tells the lines apart. */
  function count() {
    rows().forEach((row, at) => {
      const amount = kopecks(typed(row));
      row.querySelector('.deal-sum').textContent = amount === null ? '' : money(amount);
      for (const input of row.querySelectorAll('input')) input.setAttribute('aria-label', `${COLUMNS.find(([name]) => name === input.name)[1]}, строка ${at + 1}`);
    });
    sum.textContent = totalOf(lines()) || '—';
  }

  const touched = () => body.dispatchEvent(new Event('input', {bubbles: true}));

  function take(text) {
    const pasted = linesOf(text);
    const known = lines();
    if (!pasted.length) return void (said.textContent = 'Строк не видно: скопируйте их в таблице ещё раз.');
    if (known.length + pasted.length > MAX_LINES) return void (said.textContent = `Не больше ${MAX_LINES} строк: вставляется ${pasted.length}.`);
    show([...known, ...pasted]);
    said.textContent = `Добавлено строк: ${pasted.length}. Проверьте их.`;
    touched();
    return true;
  }

  function show(shown) {
    fill(body);
    for (const line of shown.length ? shown : [{}]) add(line);
  }

  body.addEventListener('input', count);
  body.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\t\n]./.test(text)) return; // a word for one cell
    event.preventDefault();
    take(text);
  });
  show([]);
  return {
    element,
    get inputs() { return [...body.querySelectorAll('input')]; },
    read: () => (lines().length ? lines() : null),
    write: (value) => show(value ?? []),
    /** Mark the lines that a message of the server names. */
    mark: (message) => {
      const wrong = [...message.matchAll(/Строка (\d+)/g)].map(([, number]) => Number(number));
      const filled = rows().filter((row) => !isBlank(row));
      rows().forEach((row) => {
        const bad = wrong.includes(filled.indexOf(row) + 1);
        row.classList.toggle('deal-bad-line', bad);
        for (const input of row.querySelectorAll('input')) input.setAttribute('aria-invalid', String(bad));
      });
    },
  };
}

function shownOf(name, value) {
  if (name === 'quantity') return quantityForPeople(value);
  if (name === 'price') return value ? moneyForPeople(value) : '';
  return value ?? (name === 'unit' ? UNIT : '');
}
