// What the screens of a shipment share: its number, where it goes, the file of this run.

import {factsOf, fieldsOf} from './card.js';
import {bigNumber, section} from './dom.js';
import {FileField} from './files.js';

const NUMBER = 'shipmentNumber'; // a field code, like those below
export const PARTNER = ['counterparty', 'contactName', 'contactPhone'];
export const WAY = ['shippingDirection', 'deliveryMethod', 'deliveryAddress', 'deliveryDate', 'shipBefore'];

/** The number of the реализация in large type and the facts for the person who ships it. */
export function shipmentOf(deal, codes, options = {}) {
  const facts = fieldsOf(deal, codes);
  return [
    bigNumber('Номер реализации', fieldsOf(deal, [NUMBER])[0]?.text),
    facts.length ? section('Куда и кому', factsOf(facts, options)) : null,
  ];
}

/** The file field of this run; `next` names the button that uses the file. */
export function shipmentFile(desk, code, next) {
  const {deal, fileFields} = desk.data;
  const field = fileFields.find((known) => known.code === code) ?? {code, label: 'Документ'};
  const stored = deal.files.filter((file) => file.field === code);
  return new FileField(field, stored, deal.id, ({waiting}) => desk.say(`Файл ${waiting ? 'сохранён в телефоне' : 'загружен'}. Нажмите «${next}».`),
    {since: desk.variable('runOpenedAt'), photo: true});
}
