// The 1C operator's screens: requisites to copy, the number that 1C gave, or back to the manager.

import {candidatesOf} from '../candidates.js';
import {factsOf, fieldsOf, groupsOf} from '../card.js';
import {button, section} from '../dom.js';
import {documentsOf} from '../files.js';
import {numberOf} from '../number.js';
import {Reasons} from '../reason.js';

/** A contract with the new client. */
export const onec = (desk) => enterNumber(desk, {
  label: 'Номер договора из 1С',
  empty: 'Введите номер договора из 1С.',
  done: 'Номер внесён',
  choose: 'Выбрать этот',
  back: {
    label: 'Вернуть реквизиты на исправление…',
    ask: 'Что исправить в реквизитах',
    refusal: 'Напишите, что исправить: менеджер увидит этот текст.',
  },
}, ({deal}) => [
  groupsOf(deal, {only: ['requisites'], copy: true}),
  groupsOf(deal, {except: ['requisites']}),
]);

/** A реализация by which the order is shipped. */
export const realization = (desk) => enterNumber(desk, {
  label: 'Номер реализации из 1С',
  empty: 'Введите номер реализации из 1С.',
  done: 'Реализация создана',
  choose: 'Выбрать эту',
  back: {
    label: 'Вернуть менеджеру…',
    ask: 'Почему реализацию создать нельзя',
    refusal: 'Напишите, что исправить: менеджер увидит этот текст.',
  },
}, ({deal}) => [
  section('Для реализации в 1С', factsOf(fieldsOf(deal, ['counterparty', 'inn', 'kpp', 'contractNumber']), {copy: true})),
  groupsOf(deal, {only: ['order', 'terms', 'shipping']}),
  groupsOf(deal, {except: ['requisites', 'order', 'terms', 'shipping', 'contract']}),
]);

function enterNumber(desk, words, cardOf) {
  const number = numberOf(desk, words.label);
  const none = {answer: null, number: null, picked: null, comment: null};
  const enter = () => desk.act(async () => {
    if (!number.said) return number.refuse(words.empty);
    return desk.complete({...none, answer: 'entered', number: number.said});
  });
  const pick = (row) => desk.act(async () => (
    desk.complete({...none, answer: 'entered', number: row.number, picked: row.ref})));
  const reasons = new Reasons(desk, 'comment');
  const sendBack = reasons.button({answer: 'returned', ...words.back},
    (comment) => desk.complete({...none, answer: 'returned', comment}));
  return {
    main: [candidatesOf(desk.returned.details, words.choose, pick), cardOf(desk.data), documentsOf(desk.data.deal)],
    bar: [reasons.root, number.root, button(words.done, enter, 'success'), sendBack],
  };
}
