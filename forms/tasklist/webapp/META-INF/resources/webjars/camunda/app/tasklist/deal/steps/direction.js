// Screens on which way a shipment goes: no route is known for it, or the way did not work.

import {factsOf, fieldsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {FieldEditor} from '../fields.js';
import {Reasons} from '../reason.js';
import {PARTNER, WAY, shipmentOf} from '../shipment.js';

const CODE = 'shippingDirection', LIST = 'shippingDirections';

/** The operator chooses a direction that has a route. */
export function clarify(desk) {
  const {deal} = desk.data;
  const present = fieldsOf(deal, [CODE])[0]?.text;
  const choice = choiceOf(desk, null);
  const finish = () => desk.act(async () => {
    if (!choice.read()) return refuse(choice);
    return desk.complete({shippingDirection: choice.read()});
  });
  return {
    banners: [banner('warning', present ? `По направлению «${present}» отгрузить нельзя` : 'В сделке нет направления отгрузки',
      h('p', {}, 'У него не указан известный маршрут. Выберите направление, по которому поедет этот заказ.'))],
    main: [section('Как отгружаем', choice.root), shipmentOf(deal, [...PARTNER, ...WAY, 'comments'])],
    bar: [button('Направление уточнено', finish, 'success')],
  };
}

/** The manager plans a delivery anew that did not succeed, or calls it off. */
export function replan(desk) {
  const {deal} = desk.data;
  const present = deal.groups.flatMap((group) => group.fields).find((field) => field.code === CODE);
  const choice = choiceOf(desk, present);
  const reasons = new Reasons(desk, 'reason');
  const again = () => desk.act(async () => {
    if (!choice.read()) return refuse(choice);
    return desk.complete({answer: 'again', shippingDirection: choice.isDirty ? choice.read() : null, reason: null});
  });
  const cancel = reasons.button({
    answer: 'cancel', label: 'Отменить отгрузку…', ask: 'Почему отменяем',
    refusal: 'Напишите причину: она останется в истории сделки.',
    note: 'Сделка вернётся на стадию «Условия согласованы».',
  }, (reason) => desk.complete({answer: 'cancel', shippingDirection: null, reason}));
  return {
    main: [
      section('Что случилось', factsOf([
        {code: 'by', label: 'Кто сообщил', text: desk.variable('deliveryBy')},
        {code: 'reason', label: 'Причина', text: desk.variable('deliveryReason'), kind: 'longText'},
      ])),
      section('Как отгружаем теперь', choice.root),
      shipmentOf(deal, [...PARTNER, ...WAY, 'driver', 'carrierDriver', 'comments']),
    ],
    bar: [reasons.root, button('Повторить доставку', again, 'success'), cancel],
  };
}

/** The active directions; `field`: the card's, when it is the choice to begin with. */
function choiceOf(desk, field) {
  const choice = new FieldEditor({
    code: CODE, label: 'Направление отгрузки', kind: 'list', list: LIST, value: field?.value ?? null, text: field?.text,
  }, desk.data.lists);
  if (desk.typed[CODE]) choice.write(desk.typed[CODE]);
  choice.root.addEventListener('change', () => desk.keep({[CODE]: choice.read()}));
  return choice;
}

function refuse(choice) {
  choice.showError('Выберите направление из списка.');
  choice.focus();
}
