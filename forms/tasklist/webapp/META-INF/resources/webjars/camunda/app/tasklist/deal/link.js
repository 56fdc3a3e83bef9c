// Opens the task that a letter speaks of: `…/tasklist/default/?deal=D-2026-00001`.
//
// The task itself is looked for when the person comes: it may not have existed when the letter was
// written, or be another one by now. The query survives the login, which changes only the fragment.

import {Trouble, loadTask, loadWaitingTasks} from './api.js';
import {banner, button, h} from './dom.js';

const LOOK = 300; // milliseconds between two looks whether somebody has logged in

export function followLink() {
  const dealId = new URLSearchParams(location.search).get('deal');
  if (!dealId) return;
  const waiting = setInterval(() => {
    if (!document.querySelector('.task-filters')) return;
    clearInterval(waiting);
    open(dealId);
  }, LOOK);
}

async function open(dealId) {
  try {
    const task = await taskOf(dealId);
    // Another page, not another fragment: right after the login Tasklist writes its own fragment over ours.
    if (task) location.replace(`${location.pathname}#/?task=${encodeURIComponent(task.id)}`);
    else tell('info', `По сделке ${dealId} сейчас нет задачи для вас.`, null);
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    tell('danger', trouble.message, () => open(dealId));
  }
}

/** One's own task, else one that can be taken. */
async function taskOf(dealId) {
  const {items} = await loadWaitingTasks(dealId);
  const own = items.find((task) => task.mine);
  if (own) return own;
  for (const task of items.filter((free) => !free.assignee)) {
    try {
      await loadTask(task.id);
      return task;
    } catch (trouble) {
      if (trouble.status !== 404) throw trouble;
    }
  }
  return null;
}

function tell(kind, words, again) {
  const note = h('div', {class: 'deal-link-note'});
  const close = button('Закрыть', () => note.remove());
  const repeat = again && button('Повторить', () => { note.remove(); again(); });
  note.append(banner(kind, words, repeat, close));
  document.body.append(note);
}
