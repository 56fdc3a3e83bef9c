// Values as people in Russia write them, and back to the one form the API keeps.

const SPACES = /[\s\u00a0\u202f]/g;

/** "1500000.00" → «1 500 000», «1 500 000,50»; what is not a sum stays as typed. */
export function moneyForPeople(amount) {
  const exact = moneyForApi(amount);
  if (!/^\d+\.\d\d$/.test(exact)) return String(amount ?? '');
  const [whole, cents] = exact.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u00a0');
  return cents === '00' ? grouped : `${grouped},${cents}`;
}

/** «1 500 000,5 ₽» → "1500000.50"; what is not a sum stays as typed, for the server to explain. */
export function moneyForApi(typed) {
  const text = String(typed ?? '').replace(SPACES, '').replace(/(₽|руб\.?|р\.?)$/i, '').replace(',', '.');
  const parts = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text);
  if (!parts) return String(typed ?? '').trim();
  return `${parts[1].replace(/^0+(?=\d)/, '')}.${(parts[2] ?? '').padEnd(2, '0')}`;
}

const DAY = new Intl.DateTimeFormat('ru-RU', {day: '2-digit', month: '2-digit', year: 'numeric'});
const MOMENT = new Intl.DateTimeFormat('ru-RU', {
  day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit',
});

/** An ISO instant → «23.11.2026, 14:05» by the clock of this computer; nothing for nothing. */
export function moment(iso) {
  return iso ? MOMENT.format(new Date(iso)) : '';
}

/** "2026-11-23" or an instant → «23.11.2026». */
export function day(iso) {
  if (!iso) return '';
  return /^\d{4}-\d\d-\d\d$/.test(iso) ? iso.split('-').reverse().join('.') : DAY.format(new Date(iso));
}

const TYPED_DAY = /^(\d{1,2})[./, -]?(\d{1,2})[./, -]?(\d{4}|\d{2})$/;

/** «27.11.2026», «27.11.26», «27112026» → "2026-11-27"; what is not a date stays as typed. */
export function dayForApi(typed) {
  const text = String(typed ?? '').trim();
  const parts = TYPED_DAY.exec(text);
  if (!parts) return text;
  const [date, month, year] = [parts[1].padStart(2, '0'), parts[2].padStart(2, '0'), parts[3].padStart(4, '20')];
  const iso = `${year}-${month}-${date}`;
  return new Date(`${iso}T00:00:00Z`).toJSON()?.startsWith(iso) ? iso : text;
}

/** Bytes → «84 КБ». */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} Б`;
  const [amount, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'КБ'] : [bytes / 1024 ** 2, 'МБ'];
  return `${new Intl.NumberFormat('ru-RU', {maximumFractionDigits: amount < 10 ? 1 : 0}).format(amount)} ${unit}`;
}

/** «1 файл», «3 файла», «5 файлов». */
export function plural(count, one, few, many) {
  const form = {one, few}[new Intl.PluralRules('ru-RU').select(count)] ?? many;
  return `${count} ${form}`;
}

/** Words for a person: login only where the name is unknown. */
export function personName(person) {
  return person ? person.name || person.login : '—';
}

/** Whether a comment says anything: at least one letter or digit. */
export function isSaid(text) {
  return /[\p{L}\p{N}]/u.test(text ?? '');
}

/** Equal as JSON, whatever the order of keys; empty values are all the same. */
export function same(one, other) {
  return canonical(one) === canonical(other);
}

function canonical(value) {
  if (value === undefined || value === null || value === '') return 'null';
  if (Array.isArray(value)) return value.length ? JSON.stringify(value) : 'null';
  if (typeof value !== 'object') return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Name of a task without the deal, which is shown beside it. */
export const taskName = (name) => name.split(/[\s:—]*D-\d{4}-\d/)[0] || name;

/** What a task's deal is about, in words for one line. */
export const factsOf = ({direction, stage, amount, round}) => [direction.name, stage.name, amount, round && `круг ${round}`].filter(Boolean);
