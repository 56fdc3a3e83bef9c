// The deal API as seen from forms and pages: same origin, session of Tasklist, errors in words.

const BASE = '/api/v1';
export const ENGINE = '/camunda/api/engine/engine/default';
const PATIENCE = 10_000; // milliseconds until a reading call gives up
const LOGIN = /^\/camunda\/api\/(admin\/auth|engine\/engine\/$)/; // where an answer of 401 is about the password, or no matter any more
const LONGER = 30_000; // milliseconds until a writing call gives up
const SENDING = 180_000; // milliseconds for a file: a photo on a bad line takes a while
const BRIEF = 5_000; // milliseconds until an answer that was kept will do

/** A refusal or a trouble; `message` is Russian and meant for the person at the screen. */
export class Trouble extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string, problem?: any}} [answer]
   */
  constructor(message, {status = 0, code = '', problem = {}} = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.problem = problem;
  }

  /** Nobody knows whether the server did what it was asked. */
  get isUnknown() {
    return this.status === 0;
  }

  /** Fields that the server found wrong: `{field, message}`. */
  get errors() {
    return this.problem.errors ?? [];
  }
}

export const read = (path) => call('GET', path);
/** `seen`: the version that the change is based on; without one a new item is created. */
export const put = (path, body, seen = '') => call('PUT', path, {body, headers: seen ? ifMatch(seen) : {'If-None-Match': '*'}});
export const patch = (path, body, seen) => call('PATCH', path, {body, headers: ifMatch(seen)});
export const remove = (path, seen) => call('DELETE', path, {headers: ifMatch(seen)});
/** `key`: Idempotency-Key; repeated calls with one key have one effect. */
export const post = (path, body = {}, key = newKey()) => call('POST', path, {body, headers: {'Idempotency-Key': key}});
/** Send a file as the body. */
export const send = (path, file, key = newKey()) => call('POST', path, {body: file, headers: {'Idempotency-Key': key, 'Content-Type': 'application/octet-stream'}});
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
const ifMatch = (seen) => ({'If-Match': `"${seen}"`});

/** Rows of all pages in one: the API says at each page where the next one is. */
export async function readAll(path) {
  const items = [];
  for (let next = path; next;) {
    const page = await read(next);
    items.push(...page.items);
    next = page.next?.slice(BASE.length);
  }
  return items;
}

let logIn = null; // lets the person log in again; Tasklist has a login of its own

/** `ask` lets the person log in; when it resolves, the call that found the session ended is repeated. */
export function whenSessionEnds(ask) {
  logIn = ask;
}

let away = null; // works on where there is no network; only the phone page has one

/**
 * Stand in for the server where it cannot be reached.
 * @param {{find: (address: string) => Promise<any>, keep: (address: string, answer: any) => any, upload: typeof sendFile,
 *   filesOf: (taskId: string) => Promise<any[]>}} stand `find` gives an answer that `keep` was told; `upload` takes every file, and
 *   `filesOf` a task gives those that wait
 */
export function whenAway(stand) {
  away = stand;
}

export async function loadTask(taskId) {
  const card = await call('GET', `/tasks/${encodeURIComponent(taskId)}`);
  card.deal.files.push(...(await away?.filesOf(taskId) ?? []));
  return card;
}

/** Open tasks of a deal, the oldest first. */
export const loadWaitingTasks = (dealId) => call('GET', `/deals/${encodeURIComponent(dealId)}/tasks`);

/** Write fields of the deal against the version that was seen; resolves to the new card. */
export function saveFields(dealId, version, fields) {
  return call('PATCH', `/deals/${encodeURIComponent(dealId)}`, {
    body: {fields},
    headers: {'If-Match': `"${version}"`},
  });
}

/** Active people of a role: login and name. */
export const loadPeople = (role) => call('GET', `/roles/${encodeURIComponent(role)}/people`);

/** All notes of a deal, the oldest first. */
export const loadNotes = async (dealId) => ({items: await readAll(`/deals/${encodeURIComponent(dealId)}/notes?limit=500`)});

/** Record a note, a call or an invoice; the same `key` records it once. */
export function addNote(dealId, note, key) {
  const headers = {'Idempotency-Key': key};
  return call('POST', `/deals/${encodeURIComponent(dealId)}/notes`, {body: note, headers});
}

/** Send the client the cost by e-mail; the same `key` sends it once. Resolves to the offer. */
export function sendCost(dealId, offer, key) {
  const headers = {'Idempotency-Key': key};
  return call('POST', `/deals/${encodeURIComponent(dealId)}/cost-offer`, {body: offer, headers});
}

/** Order a part for a repair; the same `key` orders it once. Resolves to the order. */
export function orderPart(dealId, order, key) {
  const headers = {'Idempotency-Key': key};
  return call('POST', `/deals/${encodeURIComponent(dealId)}/parts`, {body: order, headers});
}

/** Create the document of the 1C operator's task in the demo's simulated 1C. Resolves to its title and number. */
export const createInOnec = (taskId) => post(`/tasks/${encodeURIComponent(taskId)}/onec-document`);

/** Take the goods of an order over the version that was seen; the same `key` takes them once. Resolves to the card. */
export const take = (path, seen, key) => call('POST', path, {headers: {...ifMatch(seen), 'Idempotency-Key': key}});

/** Address of a file; inline: shown in the browser instead of saved. */
export function fileAddress(fileId, {inline = false} = {}) {
  return `${BASE}/files/${encodeURIComponent(fileId)}${inline ? '?inline=1' : ''}`;
}

/** Address of the printable receipt of a machine. */
export const receiptAddress = (dealId) => `${BASE}/deals/${encodeURIComponent(dealId)}/receipt`;

/**
 * Send a file with progress (0…1). The same `key` makes a repeated sending harmless.
 * Resolves to the stored file.
 */
export const uploadFile = (dealId, field, file, key, onProgress) => (away?.upload ?? sendFile)(dealId, field, file, key, onProgress);

/** The same past whoever stands in for the server. */
export function sendFile(dealId, field, file, key, onProgress = null) {
  const name = encodeURIComponent(file.name);
  const path = `/deals/${encodeURIComponent(dealId)}/files/${encodeURIComponent(field)}?name=${name}`;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', BASE + path);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    request.setRequestHeader('Idempotency-Key', key);
    request.upload.onprogress = (event) => onProgress?.(event.lengthComputable ? event.loaded / event.total : 0);
    request.timeout = SENDING;
    request.ontimeout = request.onerror = () => reject(new Trouble('Связь прервалась, файл не загружен. Нажмите «Повторить».'));
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status < 300) resolve(answer);
      else reject(troubleOf(request.status, answer));
    };
    request.send(file);
  });
}

/** Let the browser save a file under a name. Throws: Trouble, where a link would save the refusal. */
export async function download(path, name) {
  const content = await call('GET', path, {blob: true, slow: true});
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), LONGER);
  return true;
}

/**
 * One call of the deal API. Throws: Trouble.
 * @param {string} method
 * @param {string} path below `base`
 * @param {{body?: any, headers?: Record<string, string>, base?: string, text?: boolean, blob?: boolean, slow?: boolean, quiet?: boolean}} [options] a body is sent
 *   as JSON, as a form or as a file; `text`, `blob`: the answer is not JSON; `slow`: reading takes a while; `quiet`: only the server
 *   itself answers, and nobody is asked for a password
 * @returns {Promise<any>}
 */
export async function call(method, path, {body, headers = {}, base = BASE, text = false, blob = false, slow = false, quiet = false} = {}) {
  const form = body instanceof URLSearchParams || body instanceof Blob;
  const reading = method === 'GET';
  const kept = reading && !quiet ? await away?.find(base + path) : undefined;
  const patience = kept === undefined ? PATIENCE : BRIEF;
  let response;
  let said;
  try {
    response = await fetch(base + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(reading && !slow ? patience : LONGER),
      headers: {
        Accept: text || blob ? '*/*' : 'application/json',
        'X-Requested-With': 'XMLHttpRequest',
        ...(body && !form ? {'Content-Type': 'application/json'} : {}),
        ...headers,
      },
      body: body && !form ? JSON.stringify(body) : body,
    });
    if (blob && response.ok) return await response.blob();
    said = await response.text();
  } catch {
    if (kept !== undefined) return kept;
    throw new Trouble(
      reading
        ? 'Сервер не отвечает. Проверьте связь и нажмите «Повторить».'
        : 'Ответ не пришёл: пока неизвестно, сохранилось ли. Введённое осталось на экране, нажмите ещё раз.',
    );
  }
  if (kept !== undefined && response.status >= 502) return kept;
  const answer = text && response.ok ? said : parsed(said);
  if (response.status === 401 && logIn && !quiet && !LOGIN.test(path)) {
    await logIn();
    return call(method, path, {body, headers, base, text, blob, slow});
  }
  if (!response.ok) throw troubleOf(response.status, answer);
  if (reading) away?.keep(base + path, answer);
  return answer;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const WORDS = {
  401: 'Сеанс завершён. Войдите снова: введённое сохранено в этом браузере.',
  403: 'Для этого действия не хватает прав.',
  404: 'Задача уже завершена или передана другому. Обновите список задач.',
  413: 'Файл слишком большой. Сожмите его или отсканируйте с меньшим разрешением.',
};

function troubleOf(status, problem) {
  const support = problem.requestId ? ` Номер для поддержки: ${problem.requestId}.` : '';
  const words = problem.detail ?? problem.message ?? WORDS[status] ?? 'Сервер не смог выполнить действие. Повторите через минуту.';
  return new Trouble(words + (status >= 500 ? support : ''), {status, code: problem.code, problem});
}
