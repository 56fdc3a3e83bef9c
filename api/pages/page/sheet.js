// Printable approval sheet of a deal: rounds, decisions, signatures.

import {day, moment, personName} from './deal/text.js';
import {h} from './parts.js';

const OUTCOME = {approved: 'согласовано', rejected: 'отклонено'};
const STATE = {open: 'идёт', approved: 'согласован', rejected: 'отклонён', withdrawn: 'отозван'};
const SHOWN = ['requisites', 'terms', 'shipping', 'productIdentity', 'product']; // groups of the card that are approved

/** The sheet; it is shown on paper only. */
export function sheetOf(deal, approval) {
  const facts = deal.groups.filter(({code}) => SHOWN.includes(code)).flatMap(({fields}) => fields).filter(({text, kind}) => text && kind !== 'file');
  return h('article', {},
    h('h1', {}, 'Лист согласования'),
    h('p', {}, `${deal.title}. ${deal.direction.name}, стадия «${deal.stage.name}». Менеджер: ${personName(deal.manager)}.`),
    h('table', {class: 'sheet-facts'}, h('tbody', {}, facts.map(({label, text}) => h('tr', {}, h('th', {scope: 'row'}, label), h('td', {}, text))))),
    approval.rounds.map((round) => h('section', {}, h('h2', {}, `Круг ${round.number}: ${STATE[round.state] ?? round.state}`),
      h('p', {}, `Начат ${moment(round.openedAt)}${round.closedAt ? `, завершён ${moment(round.closedAt)}` : ''}.`),
      h('table', {}, h('thead', {}, h('tr', {}, ['Шаг', 'Кто', 'Решение', 'Комментарий', 'Когда', 'Подпись'].map((head) => h('th', {scope: 'col'}, head)))),
        h('tbody', {}, round.decisions.map((decision) => h('tr', {},
          h('td', {}, decision.stepName), h('td', {}, `${personName(decision.person)}, ${decision.roleName}`), h('td', {}, OUTCOME[decision.outcome] ?? decision.outcome),
          h('td', {}, decision.comment, decision.answers.map(({label, text}) => h('p', {}, `${label}: ${text}`)), decision.changed.map((change) => h('p', {}, `${change.label}: ${change.old || 'пусто'} → ${change.new || 'пусто'}`))),
          h('td', {}, moment(decision.at)), h('td', {}))))))),
    h('p', {}, `Напечатано ${day(new Date().toISOString())} из карточки сделки, версия ${deal.version}.`));
}
