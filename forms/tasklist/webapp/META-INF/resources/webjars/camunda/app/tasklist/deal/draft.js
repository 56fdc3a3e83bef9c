// What a person has typed and not sent yet, kept in this browser per person and task.

const PREFIX = 'deal-draft:';
const KEPT = 14 * 24 * 3600 * 1000; // milliseconds

export class Draft {
  #key;

  constructor(login, taskId) {
    this.#key = `${PREFIX}${login}:${taskId}`;
    forgetOld();
  }

  /** The typed values, {} when there are none. */
  read() {
    return stored(this.#key)?.typed ?? {};
  }

  /** Keep `typed`; the form works on without a draft where the browser keeps nothing. */
  write(typed) {
    try {
      localStorage.setItem(this.#key, JSON.stringify({at: Date.now(), typed}));
    } catch (full) {
      console.warn('deal draft not kept', full.name);
    }
  }

  clear() {
    localStorage.removeItem(this.#key);
  }
}

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function forgetOld() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  for (const key of keys) {
    if (!(stored(key)?.at > Date.now() - KEPT)) localStorage.removeItem(key);
  }
}
