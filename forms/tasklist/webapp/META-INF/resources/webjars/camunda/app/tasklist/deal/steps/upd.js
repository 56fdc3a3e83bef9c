// The 1C operator's second screen: the УПД of the реализация is printed.

import {candidatesOf} from '../candidates.js';
import {button} from '../dom.js';
import {numberOf} from '../number.js';
import {PARTNER, WAY, shipmentFile, shipmentOf} from '../shipment.js';
import {creatingOf} from '../simulator.js';

const DONE = 'УПД готов';

export function upd(desk) {
  const {deal} = desk.data;
  const file = shipmentFile(desk, 'updFile', DONE);
  const {details} = desk.returned;
  // Only what 1C refused can need another number: the daily case stays one button.
  const number = details.kind ? numberOf(desk, 'Номер новой реализации, если прежнюю заменили') : null;
  const send = (typed, picked = null) => desk.act(async () => (
    file.sending ? file.refuse('Файл ещё загружается, подождите немного.') : desk.complete({number: typed, picked})));
  const finish = () => send(number?.said || null);
  return {
    main: [candidatesOf(details, 'Выбрать эту', (row) => send(row.number, row.ref)), shipmentOf(deal, [...PARTNER, 'contractNumber', 'desiredShipDate', ...WAY, 'comments', 'goods'], {copy: ['contractNumber', 'goods']}), file.root],
    bar: [number?.root, creatingOf(desk, number), button(DONE, finish, 'success')],
  };
}
