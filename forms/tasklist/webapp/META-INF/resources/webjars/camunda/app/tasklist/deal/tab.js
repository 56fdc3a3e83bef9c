// The tab «Сделка» beside every task.

import {dealViewOf} from './view.js';

export default {
  id: 'deal-card',
  pluginPoint: 'tasklist.task.detail',
  priority: 900, // after «Форма» (1000), before «Журнал» and «Схема»
  properties: {label: 'Сделка'},
  render: (node, {taskId}) => node.append(dealViewOf(taskId)),
  unmount: () => {},
};
