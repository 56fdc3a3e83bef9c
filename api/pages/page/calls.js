// Client of the API: uses the session cookie, sends X-Requested-With, turns problems into errors.

const BASE = '/api/v1';
const TIMEOUT = 30_000; // milliseconds
const TASKLIST = '/camunda/app/tasklist/default/';

/** A failed call; `message` is Russian, `errors` lists invalid fields, `code` is the problem code. */
export class Trouble extends Error {
  constructor(message, errors = [], code = '') {
    super(message);
    this.errors = errors;
    this.code = code;
  }
}

export const read = (path) => call('GET', path);
/** Items of all pages of a collection, following `next`. */
export async function readAll(path) {
  const items = [];
  for (let next = path; next;) {
    const page = await read(next);
    items.push(...page.items);
    next = page.next?.slice(BASE.length);
  }
  return items;
}
/** `seen`: the version the change is based on; null creates a new item. */
export const put = (path, body, seen) => call('PUT', path, body, seen ? ifMatch(seen) : {'If-None-Match': '*'});
export const remove = (path, seen) => call('DELETE', path, undefined, ifMatch(seen));
const ifMatch = (seen) => ({'If-Match': `"${seen}"`});
/** `key`: Idempotency-Key; repeated calls with one key have one effect. */
export const post = (path, body, key = newKey()) => call('POST', path, body, {'Idempotency-Key': key});
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

const people = new Map();

/** Active members of a role, cached until the view changes. */
export function peopleOf(role) {
  if (!people.has(role)) people.set(role, read(`/roles/${role}/people`));
  return people.get(role);
}

export const forgetPeople = () => people.clear();

async function call(method, path, body, more = {}) {
  let response;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        Accept: 'application/json',
        'X-Requested-With': 'XMLHttpRequest',
        ...(body ? {'Content-Type': 'application/json'} : {}),
        ...more,
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Trouble('Сервер не отвечает. Проверьте связь и повторите.');
  }
  if (response.status === 401) {
    location.assign(TASKLIST);
    throw new Trouble('Сеанс завершён: войдите снова и откройте страницу ещё раз.');
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const support = response.status >= 500 && answer.requestId ? ` Номер для поддержки: ${answer.requestId}.` : '';
  throw new Trouble((answer.detail ?? 'Не получилось. Повторите через минуту.') + support, answer.errors ?? [], answer.code);
}
