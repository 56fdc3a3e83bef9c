// The deal as people read it: facts, reliability check, approval rounds, changes, refusals.

import {banner, button, h, section} from './dom.js';
import {goodsTable, goodsText} from './goods.js';
import {day, isSaid, moment, personName} from './text.js';

/**
 * «Подпись: значение» pairs; a change since the last round is shown with the value before. `copy`: true, or the
 * codes of the fields that can be copied.
 * @param {any[]} fields
 * @param {{changed?: Map<string, any>, copy?: boolean | string[]}} [options]
 */
export function factsOf(fields, {changed = new Map(), copy = false} = {}) {
  return h('dl', {class: 'deal-facts'}, fields.map((field) => h('div', {class: isLong(field) ? 'deal-wide' : null},
    h('dt', {}, field.label),
    h('dd', {class: changed.has(field.code) ? 'deal-changed' : null},
      shown(field), copies(copy, field) ? copyButton(field) : null,
      changed.has(field.code) ? h('small', {}, `было: ${changed.get(field.code).old || 'пусто'}`) : null))));
}

const copies = (copy, {code, text}) => text && (copy === true || (copy && copy.includes(code)));

/** A telephone number dials where the device can. */
function shown({kind, text, value}) {
  if (kind === 'goods' && Array.isArray(value)) return [h('span', {}, text), goodsTable(value)];
  if (kind !== 'phone' || !text) return text || '—';
  return h('a', {href: `tel:${text.replace(/[^+\d]/g, '')}`}, text);
}

const isLong = (field) => field.kind === 'longText' || field.kind === 'goods' || field.text?.length > 90;

/** A section of the card for reading; empty fields are named in one line, an empty section is left out. */
function groupOf(group, options = {}) {
  const fields = group.fields.filter((field) => field.kind !== 'file');
  const filled = fields.filter((field) => field.text);
  const empty = fields.filter((field) => !field.text).map((field) => field.label);
  if (!filled.length) return null;
  return section(group.label, factsOf(filled, options),
    empty.length ? h('p', {class: 'deal-quiet'}, `Не заполнено: ${empty.join(', ')}.`) : null);
}

/** Fields of the card by code, in the order asked for; those without a value are left out. */
export function fieldsOf(deal, codes) {
  const all = deal.groups.flatMap((group) => group.fields);
  return codes.map((code) => all.find((field) => field.code === code)).filter((field) => field?.text);
}

const APART = ['documents', 'reliability']; // groups with a section of their own

/**
 * The card's sections for reading: only those of `only`, or all but `except`.
 * @param {any} deal
 * @param {{only?: string[], except?: string[], [option: string]: any}} [options] others go to each section
 */
export function groupsOf(deal, {only = null, except = [], ...options} = {}) {
  const wanted = ({code}) => (only ? only.includes(code) : !APART.includes(code) && !except.includes(code));
  return deal.groups.filter(wanted).map((group) => groupOf(group, options));
}

/** One line on where the deal stands. */
export function summaryOf({deal, task, approval}) {
  const overdue = task.dueAt && new Date(task.dueAt) < new Date();
  const facts = [
    ['Направление', deal.direction.name],
    ['Стадия', deal.stage.name],
    ['Менеджер', personName(deal.manager)],
    approval?.round ? ['Круг согласования', approval.round] : null,
    task.dueAt ? ['Срок', moment(task.dueAt) + (overdue ? ' — просрочено' : ''), overdue] : null,
  ].filter(Boolean);
  const named = task.name?.includes(deal.id); // Tasklist has it in the heading above already
  return h('header', {class: 'deal-summary'}, named ? null : h('h2', {}, deal.title), h('p', {}, facts.map(
    ([name, value, late]) => h('span', {class: late ? 'deal-late' : null}, `${name}: `, h('b', {}, value)))));
}

/** The check of the counterparty, and what else the card says about its reliability. */
export function reliabilityOf({deal, reliability: check}) {
  const beside = deal.groups.filter((group) => group.code === 'reliability').flatMap((group) => group.fields)
    .filter((field) => !field.code.startsWith('reliability') && field.kind !== 'file');
  const facts = check?.verdict ? [
    {code: 'verdict', label: 'Вывод', text: check.verdictText ?? check.verdict},
    {code: 'source', label: 'Источник', text: check.source},
    {code: 'by', label: 'Проверил', text: check.checkedBy ? personName(check.checkedBy) : ''},
    {code: 'at', label: 'Когда', text: day(check.checkedAt)},
    {code: 'said', label: 'Пояснение', text: check.comment, kind: 'longText'},
  ].filter((fact) => fact.code !== 'said' || fact.text) : [];
  if (!facts.length && !beside.length) return null;
  return section('Проверка на благонадёжность',
    facts.length ? null : h('p', {class: 'deal-late'}, 'Проверка не проведена: вывода, источника и даты в карточке нет.'),
    factsOf([...facts, ...beside]));
}

/** What differs from the round before; nothing in a first round. */
export function changesOf(changes) {
  if (!changes?.length) return null;
  return section('Что изменилось с прошлого круга', changeList(changes));
}

function changeList(changes) {
  return h('ul', {class: 'deal-changes'}, changes.map((change) => h('li', {},
    h('b', {}, change.label), ': ', h('del', {}, change.old || 'пусто'), ' → ', h('ins', {}, change.new || 'пусто'))));
}

const OUTCOME = {approved: 'Согласовано', rejected: 'Отклонено'};
const STATE = {open: 'идёт', approved: 'согласован', rejected: 'отклонён', withdrawn: 'отозван'};

/** All rounds, the latest first, with every decision. */
export function roundsOf(approval) {
  const rounds = [...(approval?.rounds ?? [])].sort((a, b) => b.number - a.number);
  if (!rounds.some((round) => round.decisions.length)) return null;
  return section('История согласования', rounds.map((round) => h('article', {class: 'deal-round'},
    h('h4', {}, `Круг ${round.number}: ${STATE[round.state] ?? round.state}`,
      h('small', {}, ` с ${moment(round.openedAt)}`)),
    round.decisions.length
      ? h('ol', {}, round.decisions.map(decisionOf))
      : h('p', {class: 'deal-quiet'}, 'Решений ещё нет.'))));
}

function decisionOf(decision) {
  return h('li', {class: `deal-decision deal-${decision.outcome}`},
    h('p', {}, h('b', {}, OUTCOME[decision.outcome] ?? decision.outcome), ` · ${decision.stepName} · `,
      `${personName(decision.person)} (${decision.roleName})`, h('time', {}, moment(decision.at))),
    isSaid(decision.comment) ? h('p', {class: 'deal-said'}, decision.comment) : null,
    decision.answers?.length ? factsOf(decision.answers) : null,
    decision.changed?.length ? changeList(decision.changed) : null);
}

/** Whether the approval is about terms of a client. */
export const hasTerms = (deal) => deal.groups.some((group) => group.code === 'terms');

/** Who refused, in which role, why, and what was offered instead; one banner for each who refused. */
export function rejectionsOf({deal, approval}, acceptOffer) {
  const title = hasTerms(deal) ? 'Условия отклонены' : 'Не согласовано';
  return (approval?.rejections ?? []).map((rejection) => rejectionOf(title, rejection, acceptOffer));
}

function rejectionOf(title, rejection, acceptOffer) {
  const offer = rejection.offer ?? [];
  return banner('danger', `${title}: ${personName(rejection.person)}, ${rejection.roleName}`,
    h('p', {class: 'deal-quiet'}, `${rejection.stepName}, ${moment(rejection.at)}`),
    h('p', {class: 'deal-said'}, rejection.comment),
    rejection.answers?.length ? factsOf(rejection.answers) : null,
    offer.length ? [h('p', {}, 'Встречное предложение:'), changeList(offer),
      button('Принять предложение', () => acceptOffer(offer), 'primary')] : null);
}

function copyButton(field) {
  const text = {money: () => String(field.value), goods: () => goodsText(field.value)}[field.kind]?.() ?? field.text;
  const copy = button('Копировать', async () => {
    const done = await copied(text);
    copy.textContent = done ? 'Скопировано' : 'Не получилось';
    setTimeout(() => { copy.textContent = 'Копировать'; }, 1500);
  }, 'small', {'aria-label': `Копировать: ${field.label}`});
  return copy;
}

/** The clipboard proper where the page may use it, else the old way through a selection. */
async function copied(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // refused by the browser: the old way below still works on a click
    }
  }
  const box = h('textarea', {class: 'deal-offscreen', readonly: true});
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand('copy');
  box.remove();
  return done;
}
