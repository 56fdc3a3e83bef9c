// The operator's screen for couriers and mail: address to copy, the tracking number.

import {button, h} from '../dom.js';
import {lineOf} from '../line.js';
import {PARTNER, WAY, shipmentOf} from '../shipment.js';

export function tracking(desk) {
  const number = lineOf('Трек-номер', h('input', {type: 'text', maxlength: 100, autocomplete: 'off'}));
  number.box.value = desk.typed.tracking ?? '';
  number.box.addEventListener('input', () => {
    number.refuse('');
    desk.keep({tracking: number.box.value});
  });
  const finish = () => desk.act(async () => {
    if (!number.said) return number.refuse('Введите трек-номер: по нему следят за доставкой.');
    return desk.complete({tracking: number.said});
  });
  return {
    main: shipmentOf(desk.data.deal, [...PARTNER, ...WAY, 'comments'], {copy: [...PARTNER, 'deliveryAddress']}),
    bar: [number.root, button('Передано курьеру', finish, 'success')],
  };
}
