// The storekeeper's screen: what to pick.

import {button, h} from '../dom.js';
import {documentsOf} from '../files.js';
import {lineOf} from '../line.js';
import {WAY, shipmentOf} from '../shipment.js';

const PAPER = 'updFile';

export function picking(desk) {
  const {deal} = desk.data;
  const comment = lineOf('Комментарий, по желанию', h('textarea', {rows: 1, maxlength: 4000}), {hidden: true});
  comment.box.value = desk.typed.comment ?? '';
  comment.box.addEventListener('input', () => desk.keep({comment: comment.box.value}));
  const finish = () => desk.act(async () => desk.complete({comment: comment.said || null}));
  const papers = deal.files.filter((file) => file.field === PAPER);
  return {
    main: [
      shipmentOf(deal, ['goods', 'orderItems', ...WAY, 'counterparty', 'comments', 'additionalInfo']),
      papers.length ? documentsOf(deal, papers) : null,
    ],
    bar: [comment.root, button('Заказ собран', finish, 'success')],
  };
}
