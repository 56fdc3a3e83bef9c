// Moving the last day of agreed temporary terms, without a new approval; for heads.

import {put} from './deal/api.js';
import {day} from './deal/text.js';
import {ask, button, dateBox, field, h, say, today} from './parts.js';

/** The deal's period of temporary terms; null without one. */
const periodOf = (deal) => deal.groups.flatMap(({fields}) => fields).find(({code}) => code === 'temporaryPeriod')?.value ?? null;

/** A button for who may move the period of a deal that has one; else nothing. `done` reads the deal again. */
export const periodButton = (deal, done) => deal.canReassign && periodOf(deal) && button('Срок временных условий…', () => movePeriod(deal, done));

async function movePeriod(deal, done) {
  const {from, to} = periodOf(deal);
  const last = dateBox(to);
  const content = [
    h('p', {}, `Сейчас временные условия действуют с ${day(from)} по ${day(to)} включительно. Нового согласования не нужно; день раньше сегодняшнего (${day(today())}) закончит их сразу.`),
    field('Последний день', last, {name: 'to', required: true})];
  const saved = await ask('Срок временных условий', content, {send: () => put(`/deals/${deal.id}/temporary-period`, {to: last.value}, deal.version)});
  if (!saved) return;
  say(`Временные условия действуют по ${day(saved.groups ? periodOf(saved).to : last.value)}.`);
  await done();
}
