// Answers that a person's own tasks need without a network, kept in this browser until the log-out.

import {ANSWERS} from './database.js';

const ME = '/api/v1/me';
const QUEUE = '/api/v1/tasks';
const OF_TASK = /^\/(?:api\/v1\/tasks|camunda\/api\/engine\/engine\/default\/task)\/([^/?]+)(?:$|\/deployed-form$|\/form-variables\?)/;

let own = new Set(); // ids of the person's tasks
let last = Promise.resolve();

/** The answer of an address as it was at last; undefined without one. */
export async function findKept(address) {
  try {
    return (await ANSWERS.get(address))?.answer;
  } catch ({name, message}) {
    console.warn('nothing kept', name, message); // a browser without a database, or somebody has just logged out
    return undefined;
  }
}

/** Resolves when everything is stored that was to be kept until now. */
export const allKept = () => last;

/** Keep an answer if it is about the person or one of their own tasks. A page works without it, so a failure is only noted. */
export function keep(address, answer) {
  const now = structuredClone(answer); // the page goes on to change what it was given
  last = last.then(() => store(address, now)).catch(({name}) => console.warn('answer not kept', name));
}

async function store(address, answer) {
  if (address === ME) await begin(answer);
  else if (address === QUEUE) await narrow(answer);
  else if (own.has(OF_TASK.exec(address)?.[1])) await ANSWERS.change((rows) => rows.put({address, answer}));
}

/** What is kept belongs to one person. */
async function begin(me) {
  const before = await findKept(ME);
  await ANSWERS.change((rows) => {
    if (before?.login !== me.login) rows.clear();
    rows.put({address: ME, answer: me});
  });
}

/** Forget the tasks that the person no longer has. */
async function narrow({items, counts}) {
  const mine = items.filter((task) => task.mine);
  own = new Set(mine.map(({id}) => id));
  await ANSWERS.change((rows) => {
    rows.put({address: QUEUE, answer: {items: mine, counts}});
    const keys = rows.getAllKeys();
    keys.onsuccess = () => {
      for (const key of keys.result) {
        const [, id] = OF_TASK.exec(String(key)) ?? [];
        if (id && !own.has(id)) rows.delete(key);
      }
    };
  });
}
