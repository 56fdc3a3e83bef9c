// The printable receipt of a machine that was taken in.

import {receiptAddress} from './api.js';
import {h} from './dom.js';

export function receiptOf(deal) {
  return h('p', {}, h('a', {href: receiptAddress(deal.id), target: '_blank', rel: 'noopener'}, 'Квитанция о приёме для печати'));
}
