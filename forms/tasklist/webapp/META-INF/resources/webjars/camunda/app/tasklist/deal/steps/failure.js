// The administrator's screen when a system step of the deal stopped.

import {factsOf, groupsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {lineOf} from '../line.js';
import {isSaid, moment} from '../text.js';

export function failure(desk) {
  const tried = desk.variable('failureTriedAt');
  const comment = lineOf('Что сделано, по желанию', h('textarea', {rows: 1, maxlength: 4000}), {hidden: true});
  comment.box.value = desk.draft.read().comment ?? '';
  comment.box.addEventListener('input', () => desk.draft.write({comment: comment.box.value}));
  const retry = () => desk.act(async () => desk.complete({comment: isSaid(comment.said) ? comment.said : ''}));
  return {
    banners: tried
      ? [banner('warning', 'Повтор не помог', h('p', {}, `Шаг повторён ${moment(tried)} и остановился снова: причина ниже.`))] : [],
    main: [
      section('Что остановилось', factsOf([
        {code: 'step', label: 'Шаг', text: desk.variable('failedStep')},
        {code: 'since', label: 'С какого времени', text: moment(desk.variable('failureSince'))},
        {code: 'reason', label: 'Причина', text: desk.variable('failureReason'), kind: 'longText'},
      ])),
      h('p', {class: 'deal-quiet'},
        'Сам этот шаг больше не повторится. Устраните причину и повторите его; подробности — в журнале исполнителей и в Cockpit.'),
      groupsOf(desk.data.deal),
    ],
    bar: [comment.root, button('Повторить шаг', retry, 'success')],
  };
}
