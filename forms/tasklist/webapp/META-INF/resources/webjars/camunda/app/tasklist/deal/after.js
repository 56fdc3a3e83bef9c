// What follows a completed task in Tasklist: a word of success that stays, and the same deal's next task of the person.
//
// Tasklist takes the form away at once, and whoever has the next task as well had to find and open it in the list.

import {h} from './dom.js';
import {whereTo} from './next.js';

const SHOWN = 15_000; // milliseconds
const line = h('p', {class: 'deal-told', role: 'status'});
let timer = 0;

function say(text) {
  clearTimeout(timer);
  line.textContent = text;
  timer = setTimeout(() => { line.textContent = ''; }, SHOWN);
}

document.body.append(line);

angular.module('cam.tasklist.custom').run(['$rootScope', '$location', ($rootScope, $location) => {
  $rootScope.$on('deal:done', async (_, {taskId, dealId}) => {
    say('Готово, задача завершена.');
    let queue;
    try {
      const [words, found] = await whereTo(dealId, taskId);
      queue = found;
      say(words);
    } catch ({message}) {
      console.warn('next task not found:', message);
      return;
    }
    const following = queue.find((task) => task.mine && task.id !== taskId && task.deal?.id === dealId);
    const open = $location.search().task ?? taskId; // the person may have chosen another one meanwhile
    if (following && open === taskId) $rootScope.$applyAsync(() => $location.search('task', following.id));
  });
}]);

export default [];
