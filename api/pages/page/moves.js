// Moving a deal to another stage: the call, the reason of a loss, and what is missing, with links that lead there.

import {newKey, post, read} from './deal/api.js';
import {ask, h, select} from './parts.js';

/** Move the deal as it was seen. Throws: Trouble. */
export const moveTo = (deal, stage) => post(`/deals/${deal.id}/stage`, {stage, version: deal.version}, newKey());

/** Ask for the reason and close the deal, of a direction's code, as lost. Resolves to whether it was closed. */
export async function closeLost(deal, direction) {
  const {items} = await read(`/lists/lossReasons?direction=${direction}`);
  const reason = select([['', 'выберите'], ...items.filter(({active}) => active).map(({code, name}) => [code, name])]);
  reason.name = 'reason';
  reason.required = true;
  reason.id = 'loss-reason';
  const comment = h('input', {id: 'loss-comment', name: 'comment', maxlength: 500, autocomplete: 'off'});
  const key = newKey();
  return Boolean(await ask('Закрыть как проигранную?', [
    h('p', {}, `${deal.title}. Открытые задачи сделки закончатся, вернуть её будет нельзя.`),
    h('div', {class: 'field', 'data-field': 'reason'}, h('label', {for: 'loss-reason'}, 'Причина'), reason, h('small', {})),
    h('div', {class: 'field', 'data-field': 'comment'}, h('label', {for: 'loss-comment'}, 'Комментарий'), comment, h('small', {})),
  ], {
    yes: 'Закрыть сделку', danger: true,
    send: () => post(`/deals/${deal.id}/lost`, {reason: reason.value, version: deal.version, ...(comment.value.trim() ? {comment: comment.value.trim()} : {})}, key),
  }));
}

/** Say why a move was refused; each missing field is a link to exactly that field. */
export function explainMissing(deal, stage, trouble) {
  const missing = trouble.problem?.missing ?? [];
  return ask(`Нельзя перевести на «${stage}»`, missing.length
    ? [h('p', {}, 'Сначала заполните:'), h('ul', {class: 'missing'}, missing.map(({fields, label}) => h('li', {},
      h('a', {href: `/deals/${deal.id}#${fields[0]}`}, label))))]
    : h('p', {}, trouble.message), {yes: '', no: 'Понятно'});
}
