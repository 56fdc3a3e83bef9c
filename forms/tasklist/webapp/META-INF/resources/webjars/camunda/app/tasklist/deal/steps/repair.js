// The screens of a repair: what is known of the machine, a few fields to fill in, and the answers of the step.

import {factsOf, fieldsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {FieldEditor} from '../fields.js';
import {FileField, documentsOf} from '../files.js';
import {notesOf} from '../notes.js';
import {offerOf} from '../offer.js';
import {receiptOf} from '../receipt.js';
import {Reasons} from '../reason.js';
import {day} from '../text.js';

const MACHINE = ['equipmentType', 'equipmentModel', 'serialNumber', 'equipmentCondition', 'faultDescription', 'servicePlace'];
const SALE = ['purchaseDate'];
const CLIENT = ['contactName', 'contactPhone', 'contactEmail', 'counterparty'];
const FOUND = ['warrantyRequest', 'diagnosticsResult', 'usedParts', 'repairCost', 'partsCost', 'costAgreedWith', 'costAgreedOn', 'readyBy',
  'warrantyDecision', 'returnReason', 'returnComment'];
const WHY = 'Напишите причину: она останется в истории обращения.';
const BACK = 'Техника вернётся клиенту без ремонта, обращение закроется с этой причиной при выдаче.';

const CLIENT_REFUSED = {
  answer: 'clientRefused', label: 'Клиент отказался…', ask: 'Почему клиент отказался', refusal: WHY, note: BACK,
};
const NOT_REPAIRABLE = {
  answer: 'notRepairable', label: 'Ремонт невозможен…', ask: 'Почему ремонт невозможен', refusal: WHY, note: BACK,
};

/**
 * facts    field codes to read
 * fields   field codes to fill in; those that the direction has
 * file     field code of the paper that the first answer needs; `only` names its direction
 * photo    field code of pictures that may be added
 * actions  answers; the first with `needs`, field codes that must not be empty; `only`: of this direction
 */
const SCREENS = {
  diagnosis: {
    facts: [...MACHINE, ...SALE],
    fields: ['diagnosticsResult', 'repairCost', 'partsCost'],
    photo: 'diagnosticsPhotos',
    actions: [
      {answer: 'repairable', label: 'Ремонт возможен', needs: ['diagnosticsResult', 'repairCost', 'partsCost']},
      CLIENT_REFUSED, NOT_REPAIRABLE,
    ],
  },
  warranty: {
    facts: [...MACHINE, ...SALE, ...FOUND],
    actions: [
      {answer: 'repair', label: 'Ремонтировать по гарантии'},
      {answer: 'replace', label: 'Заменить технику', kind: 'plain'},
      {answer: 'refund', label: 'Вернуть деньги', kind: 'plain'},
      {
        answer: 'paid', label: 'Предложить платный ремонт…', kind: 'plain', ask: 'Почему случай не гарантийный', refusal: WHY,
        note: 'Откроется сделка платного ремонта, инженер назовёт стоимость. Клиенту уйдёт письмо, если его адрес в карточке.',
      },
      {answer: 'denied', label: 'Отказать в гарантии…', ask: 'Почему отказано', refusal: WHY, note: BACK},
    ],
  },
  cost: {
    facts: [...CLIENT, ...MACHINE, ...FOUND],
    fields: ['costAgreedWith', 'costAgreedOn', 'readyBy'],
    actions: [
      {answer: 'agreed', label: 'Клиент согласен', needs: ['costAgreedWith', 'costAgreedOn', 'readyBy']},
      CLIENT_REFUSED,
    ],
  },
  repair: {
    facts: [...MACHINE, ...FOUND],
    fields: ['usedParts'],
    photo: 'diagnosticsPhotos',
    actions: [
      {answer: 'repaired', label: 'Отремонтировано', needs: ['usedParts']},
      {answer: 'awaitParts', label: 'Нужны запчасти…', kind: 'plain', ask: 'Какие запчасти нужны', refusal: 'Напишите, чего не хватает.'},
      {answer: 'costChanged', label: 'Стоимость выросла…', kind: 'plain', only: 'paidService', ask: 'Что и насколько подорожало',
        refusal: 'Напишите, что изменилось: об этом скажут клиенту.'},
      NOT_REPAIRABLE,
    ],
  },
  check: {
    facts: [...MACHINE, ...FOUND],
    file: {code: 'repairAct', only: 'paidService', refusal: 'Приложите акт выполненных работ: без него платный ремонт не выдать.'},
    actions: [
      {answer: 'passed', label: 'Проверка пройдена'},
      {answer: 'failed', label: 'Вернуть инженеру…', ask: 'Что не в порядке', refusal: 'Напишите, что исправить: это прочтёт инженер.'},
    ],
  },
  handover: {
    facts: [...CLIENT, ...MACHINE, ...FOUND],
    file: {code: 'handoverAct', refusal: 'Приложите акт с подписью клиента: без него технику не выдать.'},
    actions: [
      {answer: 'collected', label: 'Выдано клиенту'},
      {answer: 'complaint', label: 'Вернуть в ремонт…', kind: 'plain', ask: 'Что не устроило клиента',
        refusal: 'Напишите, что исправить: это прочтёт инженер.'},
      {answer: 'scrapped', label: 'Утилизировано…', ask: 'Что решили с клиентом', paper: true, refusal: WHY,
        note: 'Нужно письменное согласие клиента. Обращение закроется как ремонт, который не состоялся.'},
    ],
  },
};

export function repair(desk) {
  const screen = SCREENS[desk.step];
  const {deal} = desk.data;
  const here = ({only}) => !only || only === deal.direction.code;
  const editors = editorsOf(desk, screen.fields ?? []);
  const file = screen.file && here(screen.file) ? paperOf(desk, screen.file.code) : null;
  const photo = desk.data.fileFields.some(({code}) => code === screen.photo) ? paperOf(desk, screen.photo) : null;
  const reasons = new Reasons(desk, 'reason');
  const values = () => valuesOf(editors);
  for (const editor of editors) editor.root.addEventListener('input', () => desk.keep({values: values()}));
  const send = (action, reason = null) => {
    if (file?.sending || photo?.sending) return (file?.sending ? file : photo).refuse('Файл ещё загружается, подождите немного.');
    return desk.complete({answer: action.answer, values: editors.length ? values() : null, reason});
  };
  const unproven = () => file && !file.latest && !file.sending;
  const finish = (action) => desk.act(async () => {
    const wrong = editors.filter((editor) => {
      const empty = editor.read() === null && action.needs?.includes(editor.code);
      editor.showError(editor.problem() || (empty ? 'Заполните поле.' : ''));
      return !editor.error.hidden;
    });
    if (wrong.length) return wrong[0].focus();
    if (unproven()) return file.refuse(screen.file.refusal);
    return send(action);
  });
  const buttonOf = (action, index) => (action.ask
    ? reasons.button(action, (reason) => (action.paper && unproven() ? file.refuse(screen.file.refusal) : send(action, reason)))
    : button(action.label, () => finish(action), action.kind ?? (index ? 'plain' : 'success')));
  const taken = new Set(editors.map((editor) => editor.code));
  return {
    banners: [returnOf(desk), failureOf(desk)],
    main: [
      section('Техника и ремонт', factsOf(fieldsOf(deal, screen.facts.filter((code) => !taken.has(code))), {copy: ['serialNumber']})),
      earlierOf(desk.data.earlierRepairs ?? []),
      editors.length ? section('Заполните', h('div', {class: 'deal-grid'}, editors.map((editor) => editor.root))) : null,
      desk.step === 'cost' ? offerOf(desk, editors.find(({code}) => code === 'readyBy')) : null,
      file?.root,
      photo ? section('Фотографии', photo.root) : null,
      receiptOf(deal),
      documentsOf(deal, deal.files.filter((other) => ![screen.file?.code, screen.photo].includes(other.field))),
      notesOf(deal.id, desk),
    ],
    bar: [reasons.root, screen.actions.filter(here).map(buttonOf)],
  };
}

/** The editors of the fields, with what was typed before in place of what is stored. */
export function editorsOf(desk, codes, optional = []) {
  const all = desk.data.deal.groups.flatMap((group) => group.fields);
  const known = codes.map((code) => all.find((field) => field.code === code)).filter(Boolean);
  const typed = parsed(desk.typed.values);
  return known.map((field) => {
    const editor = new FieldEditor({...field, required: !optional.includes(field.code)}, desk.data.lists);
    if (field.code in typed) editor.write(typed[field.code]);
    return editor;
  });
}

/** What the editors hold, as the step submits it. */
export function valuesOf(editors) {
  return JSON.stringify(Object.fromEntries(
    editors.filter((editor) => editor.read() !== null).map((editor) => [editor.code, editor.read()])));
}

function parsed(text) {
  try {
    return JSON.parse(text ?? '{}') ?? {};
  } catch {
    return {};
  }
}

function paperOf(desk, code) {
  const {deal, fileFields} = desk.data;
  const field = fileFields.find((known) => known.code === code) ?? {code, label: 'Документ'};
  return new FileField(field, deal.files.filter((file) => file.field === code), deal.id,
    () => desk.say('Файл загружен.'), {photo: true});
}

/** That the machine goes back without repair, for the person who hands it over. */
function returnOf(desk) {
  const [reason] = fieldsOf(desk.data.deal, ['returnReason']);
  return desk.step === 'handover' && reason
    ? banner('warning', `Возврат без ремонта: ${reason.text}`, h('p', {}, 'Выдайте технику клиенту под подпись.')) : null;
}

/** What was not in order in the check, for the engineer. */
function failureOf(desk) {
  return desk.step === 'repair' && desk.variable('repairAnswer') === 'failed'
    ? banner('warning', 'Проверка не пройдена', h('p', {class: 'deal-said'}, desk.variable('repairReason'))) : null;
}

/** Earlier requests about the machine with this serial number, the newest first. */
function earlierOf(repairs) {
  if (!repairs.length) return null;
  return section('Прежние обращения с этим серийным номером', h('ul', {class: 'deal-changes'}, repairs.map((one) => h('li', {},
    h('b', {}, one.dealId), ` · ${one.direction}, ${one.stage} · ${day(one.closedAt ?? one.createdAt)}`,
    one.guaranteed ? h('span', {class: 'deal-late'}, ' · гарантия на ремонт действует') : null,
    [one.fault, one.work].filter(Boolean).map((text) => h('p', {class: 'deal-said'}, text))))));
}
