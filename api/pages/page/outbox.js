// What a person pressed and photographed on the phone page: stored first, then sent, once and in order.
//
// A row is a file or a press of one task. Files go before the press that needs them. A file is repeated with its
// Idempotency-Key, a press with the server's own answer that the same person has done the task already.

import {ENGINE, Trouble, call, sendFile} from './deal/api.js';
import {Draft} from './deal/draft.js';
import {OUTBOX} from './database.js';

const SOON = 4000; // milliseconds that a person waits for an answer before the row counts as waiting
const LATER = [408, 425, 429]; // refusals that are about the moment, beside the server's own troubles
const DONE = 'TASK_DONE'; // the same person has done the task with an earlier sending
const OTHERS = ['TASK_CHANGED', 'TASK_GONE', 'TASK_TAKEN'];
const NOT_YET = 'waiting:'; // what the id of a stored file begins with before the server has given one

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Rows that cannot be sent as they are: refused ones, and presses that need a refused file. */
export function stuckOf(rows) {
  const files = rows.filter((row) => row.file && row.refused).map((row) => NOT_YET + row.file.key);
  return rows.filter((row) => row.refused || Object.values(row.press?.variables ?? {}).some(({value}) => files.includes(value)));
}

export class Outbox {
  #login;
  #heard;
  #run = null;
  #again = false;
  #settle = new Map(); // key of a file → what the form waits for
  #sent = new Map(); // pseudo id of a file → the server's

  /** Why rows wait: '', 'away', 'session', 'server'. */
  state = '';

  /**
   * @param {string} login whose rows these are; nobody else's are read or sent
   * @param {(sent: any[]) => any} heard called after every change with the presses that were just carried out
   */
  constructor(login, heard) {
    this.#login = login;
    this.#heard = heard;
  }

  /** The person's rows, the oldest first. */
  async rows() {
    return (await OUTBOX.all()).filter((row) => row.login === this.#login);
  }

  /** Files of a task that wait, as the card of a deal has files. */
  async filesOf(taskId) {
    return (await this.rows()).filter((row) => row.file && row.taskId === taskId && !row.refused).map((row) => this.#pseudo(row));
  }

  /**
   * Store a file and try to send it. Resolves to the server's file, or to one that waits: then `settled` resolves to the
   * server's. Throws: Trouble when it is refused at once.
   */
  async file(task, dealId, field, file, key) {
    const row = {...this.#about(task), file: {dealId, field, name: file.name, type: file.type, size: file.size, content: await file.arrayBuffer(), key}};
    const refused = (await this.rows()).filter((one) => one.file?.field === field && one.taskId === task.id && one.refused);
    await this.#store((rows) => {
      for (const {id} of refused) rows.delete(id); // the new one is in their place
      rows.add(row);
    });
    const pseudo = this.#pseudo(row);
    return this.#soon(() => this.#fileNow(key, pseudo), pseudo);
  }

  /** The same for a press; resolves to whether it was carried out. An earlier press of the task gives way. */
  async press(task, label, variables) {
    for (const one of Object.values(variables)) one.value = this.#sent.get(one.value) ?? one.value;
    const row = {...this.#about(task), press: {label, variables, key: crypto.getRandomValues(new Uint32Array(2)).join('-')}};
    const earlier = (await this.rows()).filter((one) => one.press && one.taskId === task.id);
    await this.#store((rows) => {
      for (const {id} of earlier) rows.delete(id);
      rows.add(row);
    });
    return this.#soon(() => this.#pressNow(row), false);
  }

  /** What became of a new row, unless that takes too long: then it waits, and is told among the rows. */
  #soon(found, waiting) {
    let late = false;
    return Promise.race([
      this.send().then(() => (late ? waiting : found())),
      pause(SOON).then(() => { late = true; return waiting; }),
    ]);
  }

  /** Send what can be sent. Calls at the same time are one; what came meanwhile is sent too. */
  send() {
    this.#again = true;
    this.#run ??= this.#sendAll().finally(() => { this.#run = null; });
    return this.#run;
  }

  /** Try what was refused once more. */
  async retry(taskId) {
    await this.#change(taskId, (rows, row) => rows.put({...row, refused: null}));
    return this.send();
  }

  /** Take the presses of a task back; what was typed stays in the task's draft. */
  takeBack(taskId) {
    return this.#change(taskId, (rows, row) => row.press && rows.delete(row.id));
  }

  remove(taskId) {
    return this.#change(taskId, (rows, row) => rows.delete(row.id));
  }

  async #change(taskId, act) {
    const own = (await this.rows()).filter((row) => row.taskId === taskId);
    await OUTBOX.change((rows) => { for (const row of own) act(rows, row); });
    await this.#heard([]);
  }

  #about(task) {
    return {login: this.#login, taskId: task.id, task: task.name, client: task.deal?.client ?? '', at: new Date().toISOString(), refused: null};
  }

  async #store(work) {
    navigator.storage?.persist?.(); // a browser short of space then takes it from others first
    try {
      await OUTBOX.change(work);
    } catch {
      throw new Trouble('В телефоне нет места, чтобы это сохранить. Освободите память и повторите.', {status: 507});
    }
    await this.#heard([]);
  }

  #pseudo({at, file}) {
    let settled = this.#settle.get(file.key);
    if (!settled) {
      settled = {};
      settled.promise = new Promise((resolve, reject) => Object.assign(settled, {resolve, reject}));
      settled.promise.catch(() => null); // a form that is gone needs no answer
      this.#settle.set(file.key, settled);
    }
    return {
      id: NOT_YET + file.key, field: file.field, label: file.field, name: file.name, size: file.size, mediaType: file.type, version: Number.MAX_SAFE_INTEGER,
      uploadedAt: at, uploadedBy: {login: this.#login, name: ''}, restricted: false, waiting: true, settled: settled.promise,
    };
  }

  async #fileNow(key, pseudo) {
    const row = (await this.rows()).find((one) => one.file?.key === key);
    if (!row) return pseudo.settled;
    if (!row.refused) return pseudo;
    await OUTBOX.change((rows) => rows.delete(row.id)); // said in the form, where the file was chosen
    await this.#heard([]);
    throw new Trouble(row.refused.words, row.refused);
  }

  async #pressNow({taskId, press}) {
    const rows = await this.rows();
    const row = rows.find((one) => one.press?.key === press.key);
    if (!row) return true;
    const stuck = stuckOf(rows);
    if (!stuck.includes(row)) return false;
    const {refused} = row.refused ? row : stuck.find((one) => one.file && one.taskId === taskId);
    await this.takeBack(taskId); // said in the form, where everything typed still is
    throw new Trouble(refused.words, refused);
  }

  async #sendAll() {
    while (this.#again) {
      this.#again = false;
      const sent = await alone(() => this.#round());
      await this.#heard(sent);
    }
  }

  async #round() {
    const rows = await this.rows();
    if (stuckOf(rows).length === rows.length) return [];
    const sent = [];
    try {
      const me = await call('GET', '/me', {quiet: true});
      if (me.login !== this.#login) return this.#stop('other', sent);
      this.state = '';
      for (const id of new Set(rows.map(({taskId}) => taskId))) sent.push(...await this.#sendTask(rows.filter(({taskId}) => taskId === id)));
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      return this.#stop(trouble.status === 401 ? 'session' : 'away', sent);
    }
    return sent;
  }

  #stop(state, sent) {
    this.state = state;
    if (state === 'other') location.reload(); // the page shows what that person may see
    return sent;
  }

  /** One task's rows in their order, up to the first that has to wait. Throws: Trouble that stops all sending. */
  async #sendTask(rows) {
    const sent = [];
    for (const {id, taskId} of rows) {
      const now = (await this.rows()).filter((row) => row.taskId === taskId); // a file before it has given the press its id
      const row = now.find((one) => one.id === id);
      if (!row || stuckOf(now).includes(row)) continue;
      try {
        if (row.file) await this.#sendFile(row);
        else {
          await this.#sendPress(row);
          sent.push(row);
        }
      } catch (trouble) {
        if (!(trouble instanceof Trouble) || trouble.isUnknown || trouble.status === 401) throw trouble;
        if (trouble.status >= 500 || LATER.includes(trouble.status)) {
          this.state = 'server';
          break;
        }
        await this.#refuse(row, trouble);
      }
    }
    return sent;
  }

  async #sendFile({id, taskId, file: {dealId, field, name, type, content, key}}) {
    const stored = await sendFile(dealId, field, new File([content], name, {type}), key);
    this.#sent.set(NOT_YET + key, stored.id);
    await OUTBOX.change((rows) => {
      rows.delete(id);
      const all = rows.getAll();
      all.onsuccess = () => {
        for (const row of all.result.filter((one) => one.press && one.taskId === taskId)) {
          for (const one of Object.values(row.press.variables)) if (one.value === NOT_YET + key) one.value = stored.id;
          rows.put(row);
        }
      };
    });
    this.#settle.get(key)?.resolve(stored);
  }

  async #sendPress({id, taskId, press: {variables}}) {
    if (Object.values(variables).some(({value}) => String(value).startsWith(NOT_YET))) {
      throw new Trouble('Фото к этому нажатию не сохранилось. Приложите его снова и нажмите ещё раз.', {status: 422});
    }
    try {
      await call('POST', `/task/${encodeURIComponent(taskId)}/submit-form`, {base: ENGINE, body: {variables}, quiet: true});
    } catch (trouble) {
      if (trouble.code !== DONE) throw trouble;
    }
    await OUTBOX.change((rows) => rows.delete(id));
    new Draft(this.#login, taskId).clear();
  }

  async #refuse(row, {message, status, code}) {
    const words = OTHERS.includes(code) ? 'Задачу уже выполнил или забрал другой сотрудник, поэтому это не засчитано. Если оно важно, сообщите диспетчеру или менеджеру.' : message;
    await OUTBOX.change((rows) => rows.put({...row, refused: {words, status, code}}));
    if (row.file) this.#settle.get(row.file.key)?.reject(new Trouble(words, {status, code}));
  }
}

/** Several windows of the page send one after another. */
const alone = (work) => (navigator.locks ? navigator.locks.request('pit-outbox', work) : work());
