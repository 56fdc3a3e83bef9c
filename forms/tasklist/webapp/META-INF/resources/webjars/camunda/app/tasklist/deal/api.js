// The deal API as seen from a form: same origin, session of Tasklist, errors in words.

const BASE = '/api/v1';
const PATIENCE = 10_000; // milliseconds until a reading call gives up
const LONGER = 30_000; // milliseconds until a writing call gives up

/** A refusal or a trouble; `message` is Russian and meant for the person at the screen. */
export class Trouble extends Error {
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
}

export const loadTask = (taskId) => call('GET', `/tasks/${encodeURIComponent(taskId)}`);

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
export const loadNotes = (dealId) => allPages(`/deals/${encodeURIComponent(dealId)}/notes?limit=500`);

/** Record a note, a call or an invoice; the same `key` records it once. */
export function addNote(dealId, note, key) {
  const headers = {'Idempotency-Key': key};
  return call('POST', `/deals/${encodeURIComponent(dealId)}/notes`, {body: note, headers});
}

/** Address of a file; inline: shown in the browser instead of saved. */
export function fileAddress(fileId, {inline = false} = {}) {
  return `${BASE}/files/${encodeURIComponent(fileId)}${inline ? '?inline=1' : ''}`;
}

/**
 * Send a file with progress (0…1). The same `key` makes a repeated sending harmless.
 * Resolves to the stored file.
 */
export function uploadFile(dealId, field, file, key, onProgress) {
  const name = encodeURIComponent(file.name);
  const path = `/deals/${encodeURIComponent(dealId)}/files/${encodeURIComponent(field)}?name=${name}`;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', BASE + path);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    request.setRequestHeader('Idempotency-Key', key);
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(new Trouble('Связь прервалась, файл не загружен. Нажмите «Повторить».'));
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status < 300) resolve(answer);
      else reject(troubleOf(request.status, answer));
    };
    request.send(file);
  });
}

/** Rows of all pages in one: the API says at each page where the next one is. */
async function allPages(path) {
  const items = [];
  for (let next = path; next;) {
    const page = await call('GET', next);
    items.push(...page.items);
    next = page.next?.slice(BASE.length);
  }
  return {items};
}

/**
 * One call of the deal API. Throws: Trouble.
 * @param {string} method
 * @param {string} path below `BASE`
 * @param {{body?: any, headers?: Record<string, string>}} [options]
 * @returns {Promise<any>}
 */
async function call(method, path, {body, headers = {}} = {}) {
  const reading = method === 'GET';
  let response;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(reading ? PATIENCE : LONGER),
      headers: {
        Accept: 'application/json',
        'X-Requested-With': 'XMLHttpRequest',
        ...(body ? {'Content-Type': 'application/json'} : {}),
        ...headers,
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Trouble(
      reading
        ? 'Сервер не отвечает. Проверьте связь и нажмите «Повторить».'
        : 'Ответ не пришёл: пока неизвестно, сохранилось ли. Введённое осталось на экране, нажмите ещё раз.',
    );
  }
  const answer = parsed(await response.text());
  if (!response.ok) throw troubleOf(response.status, answer);
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
  const words = problem.detail ?? WORDS[status] ?? 'Сервер не смог выполнить действие. Повторите через минуту.';
  return new Trouble(words + (status >= 500 ? support : ''), {status, code: problem.code, problem});
}
