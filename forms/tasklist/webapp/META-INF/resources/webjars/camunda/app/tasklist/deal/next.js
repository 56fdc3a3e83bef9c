// Where a deal goes after a task: its open tasks in words, and everything that waits for the person.

import {read} from './api.js';
import {personName, taskName} from './text.js';

const NEWS = [300, 700, 1500, 3000]; // milliseconds after completion: system steps lead to the next task
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const whose = (task) => `«${taskName(task.name)}» — ${task.mine ? 'у вас' : task.person ? personName(task.person) : task.groups.map((one) => one.name).join(', ') || 'в группе'}`;

/**
 * Look for the tasks that follow the task `done`. Returns: a sentence, and the person's queue.
 * @param {string} dealId
 * @param {string} done
 * @returns {Promise<[words: string, queue: any[]]>}
 */
export async function whereTo(dealId, done) {
  let words = 'Готово.';
  let queue = [];
  for (const wait of NEWS) {
    await pause(wait);
    try {
      const {items} = await read(`/deals/${dealId}/tasks`);
      const after = items.filter((task) => task.id !== done);
      if (after.length) words = `Готово. Дальше: ${after.map(whose).join('; ')}.`;
      queue = (await read('/tasks')).items;
      if (after.length) break;
    } catch (trouble) {
      if (trouble.status !== 404) continue;
      queue = (await read('/tasks')).items;
      break;
    }
  }
  return [words, queue];
}
