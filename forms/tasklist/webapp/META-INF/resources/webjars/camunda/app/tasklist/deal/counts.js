// Number of tasks beside every filter of Tasklist's list.
//
// Tasklist counts the filter in use only, and shows there what a search has found: an approver saw «Мои задачи (0)»
// while the work waited under «Задачи моей группы».

import {h} from './dom.js';

const FILTERS = '/camunda/api/engine/engine/default/filter?resourceType=Task&itemCount=true';
const COUNT = 'deal-count';
let counts = new Map(); // name of a filter → its tasks
let asked = null; // the question on its way

async function ask() {
  const answer = await fetch(FILTERS, {headers: {accept: 'application/json'}});
  if (!answer.ok) return; // an ended session, a server that restarts: Tasklist itself says so
  counts = new Map((await answer.json()).map(({name, itemCount}) => [name, itemCount]));
  show();
}

/** Of several wishes at once one is asked; without a connection the numbers stay as they were. */
function refresh() {
  asked ??= ask().catch((failure) => console.warn('tasks not counted:', failure.message)).finally(() => { asked = null; });
}

function show() {
  for (const link of document.querySelectorAll('.task-filters h4 a')) {
    const name = (link.firstChild?.textContent ?? '').trim();
    let place = link.querySelector(`.${COUNT}`);
    if (!place) link.append(place = h('span', {class: COUNT}));
    const text = counts.has(name) ? ` ${counts.get(name)}` : '';
    if (place.textContent !== text) place.textContent = text;
  }
}

angular.module('cam.tasklist.custom').run(['$rootScope', ($rootScope) => {
  for (const event of ['refresh', 'authentication.login.success']) $rootScope.$on(event, refresh);
}]);

/** Tasklist draws its filters anew after every login. */
new MutationObserver(() => {
  if (!document.querySelector(`.task-filters h4 a:not(:has(.${COUNT}))`)) return;
  show();
  refresh();
}).observe(document.body, {childList: true, subtree: true});

export default [];
