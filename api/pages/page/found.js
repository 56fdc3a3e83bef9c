// A deal as one line of what was found.

import {h} from './parts.js';

/** An entry of a list of found deals, with what it was found by. */
export function foundDeal(deal) {
  const closed = deal.outcome !== 'open';
  return h('li', {class: closed ? 'closed' : null},
    h('a', {href: `/deals/${deal.id}`}, deal.counterparty || deal.subject || deal.id),
    h('span', {class: 'facts'}, deal.counterparty || deal.subject ? h('span', {}, deal.id) : null, h('span', {}, deal.direction.name), h('span', {}, deal.stage.name),
      deal.inn && h('span', {}, `ИНН ${deal.inn}`), deal.amountText && h('span', {}, deal.amountText), h('span', {}, deal.manager.name),
      deal.matched?.length > 0 && h('b', {}, `совпало: ${deal.matched.join(', ')}`)));
}
