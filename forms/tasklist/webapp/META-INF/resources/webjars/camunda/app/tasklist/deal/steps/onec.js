// The 1C operator's screen: requisites to copy, the contract number, or back for correction.

import {groupsOf} from '../card.js';
import {button, fill, h} from '../dom.js';
import {documentsOf} from '../files.js';
import {lineOf} from '../line.js';
import {isSaid} from '../text.js';

export function onec(desk) {
  const {data} = desk;
  const typed = {...desk.returned.input, ...desk.draft.read()};
  const number = lineOf('Номер договора из 1С', h('input', {type: 'text', maxlength: 100, autocomplete: 'off'}));
  const comment = lineOf('Что исправить в реквизитах', h('textarea', {rows: 2, maxlength: 4000}));
  number.box.value = typed.number ?? '';
  comment.box.value = typed.comment ?? '';
  for (const {box, refuse} of [number, comment]) {
    box.addEventListener('input', () => {
      refuse('');
      desk.draft.write({number: number.box.value, comment: comment.box.value});
    });
  }
  const enter = () => desk.act(async () => {
    if (!number.said) return number.refuse('Введите номер договора из 1С.');
    return desk.complete({answer: 'entered', number: number.said, comment: null});
  });
  const sendBack = () => desk.act(async () => {
    if (!isSaid(comment.said)) return comment.refuse('Напишите, что исправить: менеджер увидит этот текст.');
    return desk.complete({answer: 'returned', number: null, comment: comment.said});
  });

  const panel = h('div', {class: 'deal-panel'});
  const openReturn = () => {
    fill(panel, h('div', {class: 'deal-confirm', role: 'group', 'aria-label': 'Вернуть реквизиты'}, comment.root,
      button('Вернуть менеджеру', sendBack, 'danger'), button('Отмена', () => fill(panel), 'plain')));
    comment.box.focus();
  };
  if (typed.comment && typed.answer === 'returned') openReturn();
  return {
    main: [
      groupsOf(data.deal, {only: ['requisites'], copy: true}),
      groupsOf(data.deal, {except: ['requisites']}),
      documentsOf(data.deal),
    ],
    bar: [
      panel,
      number.root,
      button('Номер внесён', enter, 'success'),
      button('Вернуть реквизиты на исправление…', openReturn, 'danger-quiet'),
    ],
  };
}
