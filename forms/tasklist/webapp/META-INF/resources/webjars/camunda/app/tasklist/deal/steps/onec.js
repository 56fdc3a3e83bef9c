// The 1C operator's screens: requisites to copy, the number that 1C gave, or back to the manager.

import {candidatesOf} from '../candidates.js';
import {factsOf, fieldsOf, groupsOf} from '../card.js';
import {button, section} from '../dom.js';
import {documentsOf} from '../files.js';
import {numberOf} from '../number.js';
import {Reasons} from '../reason.js';
import {creatingOf} from '../simulator.js';

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
  groupsOf(deal, {only: ['order'], copy: ['goods']}),
  groupsOf(deal, {only: ['terms', 'shipping']}),
  groupsOf(deal, {except: ['requisites', 'order', 'terms', 'shipping', 'contract']}),
]);

/** The item of a new product. */
export const item = (desk) => enterNumber(desk, {
  label: 'Код номенклатуры из 1С',
  empty: 'Введите код номенклатуры из 1С.',
  done: 'Товар заведён',
  choose: 'Выбрать эту',
  correct: {
    label: 'Исправить карточку…',
    ask: 'Что исправить в названии или кодах',
    refusal: 'Напишите, что исправить: менеджер увидит этот текст.',
    note: 'Менеджер исправит название, производителя, артикул или штрихкод, и задача вернётся. Согласование остаётся в силе.',
    kind: 'plain',
  },
  back: {
    label: 'Вернуть на заявку…',
    ask: 'Почему товар завести нельзя',
    refusal: 'Напишите, что исправить: менеджер увидит этот текст.',
    note: 'Товар вернётся на заявку, исправленный он снова пройдёт экспертизу.',
  },
}, ({deal}) => [
  groupsOf(deal, {only: ['productIdentity', 'product'], copy: true}),
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
  const backBy = (answer, back) => reasons.button({answer, ...back}, (comment) => desk.complete({...none, answer, comment}));
  return {
    main: [candidatesOf(desk.returned.details, words.choose, pick), cardOf(desk.data), documentsOf(desk.data.deal)],
    bar: [reasons.root, number.root, creatingOf(desk, number), button(words.done, enter, 'success'),
      words.correct ? backBy('correct', words.correct) : null, backBy('returned', words.back)],
  };
}
