// The tab «Сделка» beside every task: the card, the documents and all approval rounds, for reading.

import {Trouble, loadTask} from './api.js';
import {groupsOf, reliabilityOf, roundsOf, summaryOf} from './card.js';
import {banner, button, fill, h} from './dom.js';
import {documentsOf} from './files.js';
import {notesOf} from './notes.js';

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

export default {
  id: 'deal-card',
  pluginPoint: 'tasklist.task.detail',
  priority: 900, // after «Форма» (1000), before «Журнал» and «Схема»
  properties: {label: 'Сделка'},
  render: (node, {taskId}) => {
    const view = h('div', {class: 'deal-view'});
    node.append(view);
    show(view, taskId);
  },
  unmount: () => {},
};
