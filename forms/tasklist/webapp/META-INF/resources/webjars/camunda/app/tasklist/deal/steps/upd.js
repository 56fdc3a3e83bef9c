// The 1C operator's second screen: the УПД of the реализация is printed.

import {button} from '../dom.js';
import {PARTNER, WAY, shipmentFile, shipmentOf} from '../shipment.js';

const DONE = 'УПД готов';

export function upd(desk) {
  const {deal} = desk.data;
  const file = shipmentFile(desk, 'updFile', DONE);
  const finish = () => desk.act(async () => (
    file.sending ? file.refuse('Файл ещё загружается, подождите немного.') : desk.complete({})));
  return {
    main: [shipmentOf(deal, [...PARTNER, 'contractNumber', 'desiredShipDate', ...WAY, 'comments'], {copy: ['contractNumber']}), file.root],
    bar: [button(DONE, finish, 'success')],
  };
}
