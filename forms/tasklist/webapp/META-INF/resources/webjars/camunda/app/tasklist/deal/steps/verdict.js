// Screens with one harmless answer and one that somebody has to answer for.

import {candidatesOf} from '../candidates.js';
import {factsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {documentsOf} from '../files.js';
import {numberOf} from '../number.js';
import {Reasons} from '../reason.js';
import {PARTNER, WAY, shipmentOf} from '../shipment.js';
import {creatingOf} from '../simulator.js';
import {moment} from '../text.js';

/**
 * words   the submitted variable of the reason
 * title   of the facts; `facts` gives them
 * hint    what to do first
 * safe    the answer that needs no reason
 * grave   the answer with one
 * number  of a step that may take another number: its label, when it is asked for, and what to do then
 * mark    of what is shown here, and the submitted variable that brings it back with the answer
 */
const SCREENS = {
  branchDiscrepancy: {
    words: 'reason',
    title: 'Филиал принял с расхождениями',
    facts: (desk) => [
      {code: 'reason', label: 'Что не сошлось', text: desk.variable('deliveryReason'), kind: 'longText'},
      {code: 'by', label: 'Кто сообщил', text: desk.variable('deliveryBy')},
    ],
    papers: ['discrepancyFile', 'transferFile'],
    hint: 'Договоритесь с клиентом: выдать то, что пришло, или отменить отгрузку.',
    safe: {answer: 'proceed', label: 'Выдавать как есть'},
    grave: {
      answer: 'cancel', label: 'Отменить отгрузку…', ask: 'Почему отменяем',
      refusal: 'Напишите причину: она останется в истории сделки.',
      note: 'Сделка вернётся на стадию «Условия согласованы».',
    },
  },
  overrideOnec: {
    words: 'comment',
    title: 'Номер ждёт проверки',
    facts: (desk) => [
      {code: 'number', label: 'Номер из 1С', text: desk.variable('enteredNumber')},
      {code: 'since', label: 'Ждёт с', text: moment(desk.variable('enteredAt'))},
    ],
    warning: '1С не отвечает',
    hint: 'Если 1С снова работает, проверьте ещё раз. Если ждать нельзя, примите номер под свою ответственность.',
    safe: {answer: 'retry', label: 'Проверить ещё раз'},
    grave: {
      answer: 'override', label: 'Принять номер без проверки…', ask: 'Почему нельзя ждать',
      refusal: 'Напишите причину: она останется в истории сделки.',
      note: 'Сделка пойдёт дальше с этим номером. Номер проверит ночная сверка; если в 1С его нет, придёт задача.',
    },
  },
  settleOnec: {
    words: 'comment',
    title: 'Расхождение с 1С',
    facts: (desk) => [
      {code: 'difference', label: 'Что не сходится', text: desk.variable('differenceText'), kind: 'longText'},
      {code: 'number', label: 'Номер в 1С', text: desk.variable('onecNumber')},
    ],
    hint: 'Исправьте документ в 1С и проверьте ещё раз. Если всё верно, примите как есть.',
    safe: {answer: 'recheck', label: 'Проверить ещё раз'},
    grave: {
      answer: 'accepted', label: 'Принять как есть…', ask: 'Почему так верно',
      refusal: 'Напишите, почему расхождения можно не исправлять.',
      note: 'Принимается только то, что показано выше; о нём больше не напомнят. УПД по реализации, которой в 1С нет '
        + 'или которая не проведена, всё равно не выдать.',
    },
    mark: {read: 'differenceMark', sent: 'differenceSeen'},
    number: {
      asked: (desk) => desk.variable('numberUnconfirmed') === true,
      label: 'Верный номер из 1С, если в сделке ошибка',
      hint: 'Если номер в сделке неверный, введите верный или выберите строку из 1С и проверьте ещё раз. Если документа в 1С ещё нет, '
        + 'создайте его. Если всё верно, примите как есть.',
    },
  },
};

export function verdict(desk) {
  const screen = SCREENS[desk.step];
  const {deal} = desk.data;
  const reasons = new Reasons(desk, screen.words);
  const asked = screen.number?.asked(desk) ?? false;
  const number = asked ? numberOf(desk, screen.number.label) : null;
  const none = () => ({...(screen.number ? {number: null, picked: null} : {}), ...markOf(desk, screen.mark)});
  const answerSafely = (more) => desk.act(async () => (
    desk.complete({...none(), answer: screen.safe.answer, [screen.words]: null, ...more})));
  const safe = () => answerSafely(number ? {number: number.said || null} : {});
  const pick = (row) => answerSafely({number: row.number, picked: row.ref});
  const grave = reasons.button(screen.grave,
    (said) => desk.complete({...none(), answer: screen.grave.answer, [screen.words]: said}));
  const papers = deal.files.filter((file) => screen.papers?.includes(file.field));
  return {
    banners: screen.warning ? [banner('warning', screen.warning, h('p', {}, 'Номер пока не проверен, и сделка стоит.'))] : [],
    main: [
      section(screen.title, factsOf(screen.facts(desk).filter((fact) => fact.text), {copy: ['number']})),
      section('Что сделать', asked ? screen.number.hint : screen.hint),
      asked ? candidatesOf(desk.returned.details, 'Взять этот номер', pick) : null,
      papers.length ? documentsOf(deal, papers) : null,
      shipmentOf(deal, [...PARTNER, 'inn', 'kpp', 'contractNumber', ...WAY]),
    ],
    bar: [reasons.root, number?.root, creatingOf(desk, number), button(screen.safe.label, safe, 'success'), grave],
  };
}

/** What was shown, for forms that send it: one deployed earlier does not. */
function markOf(desk, mark) {
  const declared = (desk.getAttribute('submits') ?? '').split(/\s+/);
  return mark && declared.includes(mark.sent) ? {[mark.sent]: desk.variable(mark.read)} : {};
}
