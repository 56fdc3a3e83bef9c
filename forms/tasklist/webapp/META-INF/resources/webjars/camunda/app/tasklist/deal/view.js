// The whole deal behind a task, for reading: the card, the documents, all approval rounds, the notes.

import {Trouble, loadTask} from './api.js';
import {groupsOf, reliabilityOf, roundsOf, summaryOf} from './card.js';
import {banner, button, fill, h} from './dom.js';
import {documentsOf} from './files.js';
import {notesOf} from './notes.js';

/** The view of the deal of a task; it loads itself. */
export function dealViewOf(taskId) {
  const view = h('div', {class: 'deal-view'});
  show(view, taskId);
  return view;
}

async function show(node, taskId) {
  fill(node, h('p', {class: 'deal-quiet', role: 'status'}, 'Загружаем карточку сделки…'));
  try {
    const data = await loadTask(taskId);
    fill(node, summaryOf(data),
      groupsOf(data.deal), reliabilityOf(data), documentsOf(data.deal), roundsOf(data.approval),
      notesOf(data.deal.id));
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    fill(node, banner('danger', 'Карточка не загрузилась.', h('p', {}, trouble.message),
      button('Повторить', () => show(node, taskId))));
  }
}
