// News of other people's changes: one stream per window that somebody looks at.

import {read} from './deal/api.js';

const ASKED = 15_000; // milliseconds between two looks where there is no stream
const PATIENCE = 3_000; // milliseconds before a person is told that the line is down
const TOGETHER = 100; // milliseconds in which news are joined
const APART = 700; // milliseconds at least between two readings of a page, however much happens
const AWAY = 'Нет связи, пробую снова…';
const listeners = new Map();
let last = ''; // id of the latest news
let source = null;
let followed = '';
let words = 0;
let again = 0;

/**
 * Hear of changes: `kind` is 'tasks', 'deals' or 'notifications'. `heard` is called with the ids of the deals that
 * changed, or with null when anything may have changed.
 * @param {'tasks' | 'deals' | 'notifications'} kind
 * @param {(ids: string[] | null) => any} heard
 */
export function onChange(kind, heard) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), heard]);
}

/** Hear also of the deal that the page shows, whoever leads it. Called before the page is shown. */
export function follow(dealId) {
  followed = dealId;
}

/** Called once, when the page is shown; `after`: the latest news before the page read its data. */
export function listen(after) {
  last = after;
  connect();
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('offline', () => { disconnect(); say(AWAY); });
  addEventListener('online', () => { disconnect(); connect(); });
}

function connect() {
  if (source || document.hidden) return;
  clearTimeout(again);
  source = new EventSource(`/api/v1/events?${new URLSearchParams({after: last, deal: followed})}`);
  source.onopen = () => calm();
  source.onmessage = ({data, lastEventId}) => {
    last = lastEventId;
    collect(JSON.parse(data));
  };
  source.onerror = () => {
    words ||= setTimeout(() => say(AWAY), PATIENCE);
    if (source?.readyState === EventSource.CLOSED) askInstead();
  };
}

function disconnect() {
  source?.close();
  source = null;
  calm();
}

/** The server refused the stream: ask now and then, and try again. A session that ended asks for the login by it. */
async function askInstead() {
  source = null;
  clearTimeout(again);
  again = setTimeout(connect, ASKED);
  await read('/me').then(() => { calm(); tell('tasks', null); tell('deals', null); tell('notifications', null); }, () => null);
}

function calm() {
  clearTimeout(words);
  words = 0;
  say('');
}

const say = (text) => { document.getElementById('connection').textContent = text; };

let waiting = null;
let told = 0;

function collect(news) {
  if (!waiting) {
    waiting = new Map();
    setTimeout(() => {
      const now = waiting;
      waiting = null;
      told = Date.now();
      for (const [kind, ids] of now) tell(kind, ids);
    }, Math.max(TOGETHER, told + APART - Date.now()));
  }
  for (const [kind, ids] of Object.entries(news)) {
    const before = waiting.has(kind) ? waiting.get(kind) : [];
    waiting.set(kind, ids && before ? [...new Set([...before, ...ids])] : null);
  }
}

/** What a page cannot read now it reads at the next news; its own calls say what is wrong. */
function tell(kind, ids) {
  for (const heard of listeners.get(kind) ?? []) Promise.resolve(heard(ids)).catch(({message}) => console.warn('news', message));
}
