// The screen of whoever settles a difference found in 1C: mend it there, or take it as it is.

import {factsOf, groupsOf} from '../card.js';
import {button, fill, h, section} from '../dom.js';
import {documentsOf} from '../files.js';
import {lineOf} from '../line.js';
import {isSaid} from '../text.js';

export function settle(desk) {
  const typed = {...desk.returned.input, ...desk.draft.read()};
  const comment = lineOf('Почему принято как есть', h('textarea', {rows: 2, maxlength: 4000}));
  comment.box.value = typed.comment ?? '';
  comment.box.addEventListener('input', () => {
    comment.refuse('');
    desk.draft.write({comment: comment.box.value});
  });
  const recheck = () => desk.act(async () => desk.complete({answer: 'recheck', comment: null}));
  const accept = () => desk.act(async () => {
    if (!isSaid(comment.said)) return comment.refuse('Напишите, почему расхождение принято: причина останется в сделке.');
    return desk.complete({answer: 'accepted', comment: comment.said});
  });

  const panel = h('div', {class: 'deal-panel'});
  const openAccept = () => {
    fill(panel, h('div', {class: 'deal-confirm', role: 'group', 'aria-label': 'Принять как есть'}, comment.root,
      button('Принять', accept, 'danger'), button('Отмена', () => fill(panel), 'plain')));
    comment.box.focus();
  };
  if (typed.comment) openAccept();
  return {
    main: [
      section('Что не так в 1С', factsOf([
        {code: 'kind', label: 'Документ', text: desk.variable('kindName')},
        {code: 'number', label: 'Номер в 1С', text: desk.variable('onecNumber')},
        {code: 'difference', label: 'Расхождение', text: desk.variable('differenceText'), kind: 'longText'},
      ])),
      h('p', {class: 'deal-quiet'},
        'Исправьте запись в 1С и нажмите «Проверить ещё раз». Если так и должно быть, примите расхождение и напишите почему.'),
      groupsOf(desk.data.deal),
      documentsOf(desk.data.deal),
    ],
    bar: [
      panel,
      button('Проверить ещё раз', recheck, 'success'),
      button('Принять как есть…', openAccept, 'danger-quiet'),
    ],
  };
}
