// What the phone page keeps in this browser's IndexedDB, as promises.

const ROWS = 'rows';

/** One database with one table. It is opened at the first use, and given up when somebody drops it. */
class Table {
  #name;
  #key;
  #opened = null;
  #isDropped = false;

  /**
   * @param {string} name
   * @param {IDBObjectStoreParameters} key what the rows are found by
   */
  constructor(name, key) {
    this.#name = name;
    this.#key = key;
  }

  async get(key) {
    return answered((await this.#rows('readonly')).get(key));
  }

  /** All rows in the order of their keys. */
  async all() {
    return answered((await this.#rows('readonly')).getAll());
  }

  /**
   * One transaction: `work` gets the rows. Resolves when they are stored, rejects when they are not.
   * @param {(rows: IDBObjectStore) => void} work
   */
  async change(work) {
    const rows = await this.#rows('readwrite');
    const {transaction} = rows;
    const end = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    work(rows);
    return end;
  }

  /** Delete the database with all that is in it. Until it is loaded anew, this page uses it no more. */
  async drop() {
    this.#isDropped = true;
    await answered(indexedDB.deleteDatabase(this.#name));
  }

  async #rows(mode) {
    const database = await this.#database();
    return database.transaction(ROWS, mode).objectStore(ROWS);
  }

  #database() {
    if (this.#isDropped) return Promise.reject(new Error(`${this.#name} was dropped`));
    this.#opened ??= this.#open().catch((error) => { this.#opened = null; throw error; });
    return this.#opened;
  }

  async #open() {
    const request = indexedDB.open(this.#name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(ROWS, this.#key);
    const database = await answered(request);
    const giveUp = () => { this.#opened = null; };
    database.onversionchange = () => { giveUp(); database.close(); };
    database.onclose = giveUp;
    return database;
  }
}

/** @param {IDBRequest} request */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Answers of the API, for one person and until the log-out. Tasklist deletes it by its name too. */
export const ANSWERS = new Table('pit-answers', {keyPath: 'address'});
/** Presses and files that are not sent yet, of everybody who works with this browser. */
export const OUTBOX = new Table('pit-outbox', {keyPath: 'id', autoIncrement: true});
