// What a card of Tasklist's list is about: direction, stage, sum and round of approval, as in the desk's queue.

import {read} from './api.js';
import {h} from './dom.js';
import {factsOf} from './text.js';

const CARDS = '.tasks-list li:has(h4.task)';
const FRESH = 60_000; // milliseconds after which the words are read again
const known = new Map(); // id of a task → words; empty for a task of somebody else
let asked = null; // the question on its way
let at = 0;

async function ask() {
  at = Date.now();
  const {items} = await read('/tasks');
  for (const id of idsShown()) known.set(id, '');
  for (const {id, deal} of items) known.set(id, deal ? factsOf(deal).join(' · ') : '');
  show();
}

/** Without a connection or a session the words stay as they were: Tasklist itself says what is wrong. */
function refresh() {
  asked ??= ask().catch(({message}) => console.warn('cards without facts:', message)).finally(() => { asked = null; });
}

const idOf = (card) => new URLSearchParams(card.querySelector('a[href*="task="]')?.getAttribute('href').split('?')[1]).get('task');
const idsShown = () => [...document.querySelectorAll(CARDS)].map(idOf).filter(Boolean);

function show() {
  for (const card of document.querySelectorAll(CARDS)) {
    const words = known.get(idOf(card)) ?? '';
    let place = card.querySelector('.deal-facts');
    if (!place && words) card.append(place = h('p', {class: 'deal-facts'}));
    if (place && place.textContent !== words) place.textContent = words;
  }
}

angular.module('cam.tasklist.custom').run(['$rootScope', ($rootScope) => {
  $rootScope.$on('refresh', () => { if (Date.now() - at > FRESH) refresh(); });
}]);

new MutationObserver(() => {
  show();
  if (idsShown().some((id) => !known.has(id))) refresh();
}).observe(document.body, {childList: true, subtree: true});

export default [];
