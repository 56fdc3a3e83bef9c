// Requests of Tasklist that survive a broken connection.
//
// Tasklist's client reads the headers of an answer even when there is none (no network, the API restarts): it breaks
// inside, the promise of its list stays pending, and the list is not asked for again until the page is reloaded. So a
// question waits here and is asked again until somebody answers; an order gets an answer that says what is known.

import {h} from './dom.js';

const ENGINE = /\/camunda\/api\/engine\//;
const ASKING = /\/(filter\/[^/]+\/(list|count)|group)(\?|$)/; // orders by their method, questions by their meaning
const SILENT = [0, 502, 503, 504]; // no answer, or one of somebody who got none
const PERSON = /\/camunda\/api\/admin\/auth\/user\/[^/]+\/log(in|out)/; // whoever comes or goes
const ANSWERS = 'pit-answers'; // what the phone page keeps of the person before
const PAUSE = 1500; // milliseconds between two looks whether the connection is back
const QUIET = 800; // milliseconds before a person is told
const PATIENCE = 35_000; // milliseconds that a question may take; the server itself gives up after 30 seconds
const LOST = JSON.stringify({
  type: 'ANSWER_LOST', code: 'ANSWER_LOST',
  message: 'Нет связи с сервером: действие могло выполниться. Обновите список задач и проверьте, прежде чем повторять.',
});
const Plain = window.XMLHttpRequest;

/** Whether the server can be reached, and the questions that wait until it can. */
class Connection {
  #waiting = new Map(); // what is asked → the request that asks it
  #timer = 0;
  #words = 0;
  #line = h('p', {class: 'deal-connection', role: 'status', 'aria-live': 'polite'});

  constructor() {
    window.addEventListener('online', () => this.#look());
    document.addEventListener('visibilitychange', () => this.#look()); // timers sleep while nobody looks
  }

  /** Of two who ask the same only the later one is worth waiting for. */
  wait(what, request) {
    const earlier = this.#waiting.get(what);
    this.#waiting.delete(what); // the later one is the last again
    this.#waiting.set(what, request);
    if (earlier && earlier !== request) earlier.giveUp();
    this.#words ||= setTimeout(() => this.#say('Нет связи, пробую снова…'), QUIET);
    this.#timer ||= setTimeout(() => this.#look(), PAUSE);
  }

  forget(request) {
    for (const [what, waiting] of this.#waiting) if (waiting === request) this.#waiting.delete(what);
  }

  /** Somebody got an answer: whoever waits may ask again. */
  works() {
    if (!this.#words) return;
    this.#stop();
    clearTimeout(this.#words);
    this.#words = 0;
    this.#say('');
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const request of waiting) request.again();
  }

  /** One question is enough to find out. */
  #look() {
    this.#stop();
    const [first] = this.#waiting;
    if (!first) return;
    this.#waiting.delete(first[0]);
    first[1].again();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #say(text) {
    this.#line.textContent = text;
    if (!this.#line.isConnected) document.body.append(this.#line);
  }
}

const connection = new Connection();

/** Used by all of Tasklist in the place of the browser's own; other addresses pass untouched. */
class PatientRequest extends Plain {
  #place = [];
  #headers = [];
  #body = null;
  #hidden = false; // this attempt is nobody's business: the question is asked again
  #stopped = false;
  #lost = false; // there is no answer, ours stands for it

  constructor() {
    super();
    // Before everybody else's listeners, so that an attempt can be hidden from them.
    for (const kind of ['readystatechange', 'load', 'error', 'timeout', 'loadend']) {
      super.addEventListener(kind, (event) => this.#hear(event));
    }
  }

  /** @param {[method: string, address: string | URL, asynchronous?: boolean, user?: string, password?: string]} place */
  open(...place) {
    this.#place = place;
    this.#headers = [];
    super.open(...(/** @type {[string, string, boolean]} */ (place)));
  }

  setRequestHeader(name, value) {
    this.#headers.push([name, value]);
    super.setRequestHeader(name, value);
  }

  send(body = null) {
    this.#body = body;
    if (PERSON.test(this.#url)) indexedDB.deleteDatabase(ANSWERS);
    if (this.#asks && !this.timeout) this.timeout = PATIENCE;
    super.send(body);
  }

  abort() {
    this.#stopped = true;
    connection.forget(this);
    super.abort();
    if (this.#hidden) this.dispatchEvent(new ProgressEvent('abort'));
  }

  /** Ask once more, as it was asked. */
  again() {
    if (this.#stopped) return;
    this.#hidden = false;
    super.open(...(/** @type {[string, string, boolean]} */ (this.#place)));
    for (const [name, value] of this.#headers) super.setRequestHeader(name, value);
    super.send(this.#body);
  }

  /** End without an answer. */
  giveUp() {
    this.#hidden = false;
    this.#lost = true;
    for (const kind of ['readystatechange', 'load', 'loadend']) this.dispatchEvent(new ProgressEvent(kind));
  }

  get status() {
    return this.#lost ? 504 : super.status;
  }

  get statusText() {
    return this.#lost ? 'Gateway Timeout' : super.statusText;
  }

  get responseText() {
    return this.#lost ? LOST : super.responseText;
  }

  get response() {
    return this.#lost ? LOST : super.response;
  }

  getResponseHeader(name) {
    if (!this.#lost) return super.getResponseHeader(name);
    return name.toLowerCase() === 'content-type' ? 'application/json' : null;
  }

  getAllResponseHeaders() {
    return this.#lost ? 'content-type: application/json\r\n' : super.getAllResponseHeaders();
  }

  get #url() {
    return String(this.#place[1]);
  }

  get #asks() {
    const method = String(this.#place[0]).toUpperCase();
    return ENGINE.test(this.#url) && (['GET', 'HEAD', 'OPTIONS'].includes(method) || ASKING.test(this.#url));
  }

  get #isAnswered() {
    if (!SILENT.includes(super.status)) return true;
    return !this.#asks && /json/.test(super.getResponseHeader('content-type') ?? '');
  }

  #hear(event) {
    if (!ENGINE.test(this.#url) || this.#stopped) return;
    if (event.type === 'readystatechange' && this.readyState === 4 && !this.#lost) this.#judge();
    if (this.#hidden) {
      event.stopImmediatePropagation();
      if (event.type === 'loadend') connection.wait([...this.#place, this.#body].join(' '), this);
    } else if (this.#lost && ['error', 'timeout'].includes(event.type)) {
      event.stopImmediatePropagation();
      this.dispatchEvent(new ProgressEvent('load'));
    }
  }

  #judge() {
    if (this.#isAnswered) connection.works();
    else if (this.#asks) this.#hidden = true;
    else this.#lost = true;
  }
}

window.XMLHttpRequest = PatientRequest;

export default [];
