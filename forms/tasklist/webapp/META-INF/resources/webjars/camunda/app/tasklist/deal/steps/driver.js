// The dispatcher's screen: who drives, one of ours or the carrier's.

import {Trouble, loadPeople} from '../api.js';
import {banner, button, fill, h, section} from '../dom.js';
import {lineOf} from '../line.js';
import {PARTNER, WAY, shipmentOf} from '../shipment.js';

export function driver(desk) {
  const why = desk.variable('deliveryReason');
  const ours = h('div', {});
  const theirs = lineOf('Водитель перевозчика (ФИО, телефон, машина)',
    h('input', {type: 'text', maxlength: 500, autocomplete: 'off'}));
  let own = bound(lineOf('Наш водитель', h('select', {disabled: true}, h('option', {value: ''}, 'Загружаем список…'))));

  function bound(line) {
    line.box.addEventListener('input', () => {
      own.refuse('');
      theirs.refuse('');
      desk.keep({driver: own.box.value, carrierDriver: theirs.box.value});
    });
    return line;
  }

  /** Show our drivers to choose from, or a box for the login where the list is not to be had. */
  const show = async () => {
    const people = await drivers();
    own = bound(people.length
      ? lineOf('Наш водитель', h('select', {}, h('option', {value: ''}, 'не выбран'),
        people.map((person) => h('option', {value: person.login}, person.name || person.login))))
      : lineOf('Логин нашего водителя (список не загрузился)', h('input', {type: 'text', maxlength: 64, autocomplete: 'off'})));
    own.box.value = desk.typed.driver ?? '';
    if (own.box.selectedIndex === -1) own.box.value = ''; // somebody who has left
    fill(ours, own.root);
  };
  bound(theirs).box.value = desk.typed.carrierDriver ?? '';
  fill(ours, own.root);
  show();

  const assign = () => desk.act(async () => {
    if (!own.said && !theirs.said) return own.refuse('Выберите нашего водителя или впишите водителя перевозчика.');
    if (own.said && theirs.said) return theirs.refuse('Оставьте одного: нашего водителя или водителя перевозчика.');
    return desk.complete({driver: own.said || null, carrierDriver: theirs.said || null});
  });
  return {
    banners: why ? [banner('warning', 'Почему нужен водитель', h('p', {class: 'deal-said'}, why))] : [],
    main: [
      section('Кто повезёт', h('div', {class: 'deal-grid'}, ours, theirs.root),
        h('p', {class: 'deal-quiet'}, 'Укажите одного: нашего водителя или водителя перевозчика.')),
      shipmentOf(desk.data.deal, [...PARTNER, ...WAY, 'transportPayer', 'comments']),
    ],
    bar: [button('Назначить водителя', assign, 'success')],
  };
}

async function drivers() {
  try {
    return (await loadPeople('drivers')).items ?? [];
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    return [];
  }
}
