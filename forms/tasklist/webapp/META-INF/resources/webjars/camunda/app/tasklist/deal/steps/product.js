// The screens of a new product: similar products to compare with, the trial order, and its result.

import {factsOf, fieldsOf, roundsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {documentsOf} from '../files.js';
import {notesOf} from '../notes.js';
import {Reasons} from '../reason.js';
import {editorsOf, valuesOf} from './repair.js';

const PRODUCT = ['productName', 'productCategory', 'manufacturer', 'manufacturerCode', 'barcode', 'supplier'];
const TERMS = ['purchasePrice', 'retailPrice', 'expectedDemand', 'firstPurchaseAmount', 'vatRate', 'labellingRequired'];
const ORDER = ['onecItemCode', 'trialOrderNumber', 'trialQuantity'];
const SAME = {barcode: 'тот же штрихкод', article: 'тот же артикул', name: 'похожее название'};

/**
 * facts    field codes to read
 * copy     those of them that are typed into 1C
 * fields   field codes to fill in; `optional` ones are needed by one answer only
 * actions  answers; `needs`: field codes that must not be empty
 */
const SCREENS = {
  duplicates: {
    facts: [...PRODUCT, ...TERMS],
    copy: ['productName', 'manufacturerCode', 'barcode'],
    fields: [],
    actions: [
      {answer: 'unique', label: 'Товар новый, на экспертизу'},
      {answer: 'again', label: 'Искать ещё раз', kind: 'plain'},
      {
        answer: 'rework', label: 'Исправить заявку…', kind: 'plain', ask: 'Что исправить в заявке',
        refusal: 'Напишите, что исправить в заявке.',
      },
      {
        answer: 'duplicate', label: 'Такой товар уже есть…', ask: 'Какой товар уже есть: артикул или код в 1С',
        refusal: 'Напишите, какой товар уже есть: артикул или код в 1С.', note: 'Заявка закроется как отклонённая с этой причиной.',
      },
    ],
  },
  placeTrial: {
    facts: [...PRODUCT, ...TERMS, ...ORDER],
    fields: ['trialOrderNumber', 'trialQuantity', 'trialDueOn'],
    actions: [{answer: 'placed', label: 'Заказ размещён', needs: ['trialOrderNumber', 'trialQuantity', 'trialDueOn']}],
  },
  assessTrial: {
    facts: [...PRODUCT, ...TERMS, ...ORDER],
    fields: ['trialSold', 'trialResult', 'trialDueOn'],
    optional: ['trialDueOn'],
    actions: [
      {answer: 'accepted', label: 'В ассортимент', needs: ['trialSold', 'trialResult']},
      {
        answer: 'prolonged', label: 'Продлить срок…', kind: 'plain', needs: ['trialDueOn'], ask: 'Почему нужен ещё срок',
        refusal: 'Напишите, почему нужен ещё срок.', note: 'Новый день укажите в поле «Подвести итоги не позднее».',
      },
      {
        answer: 'rejected', label: 'Отклонить товар…', needs: ['trialSold', 'trialResult'], ask: 'Почему товар не берём',
        refusal: 'Напишите, почему товар не берём: причина останется в сделке.',
        note: 'Сделка закроется как отклонённая с этой причиной.',
      },
    ],
  },
};

export function product(desk) {
  const screen = SCREENS[desk.step];
  const {deal} = desk.data;
  const editors = editorsOf(desk, screen.fields, screen.optional);
  const reasons = new Reasons(desk, 'reason');
  for (const editor of editors) editor.root.addEventListener('input', () => desk.keep({values: valuesOf(editors)}));
  const isRight = (action) => {
    for (const editor of editors) {
      const empty = editor.read() === null && action.needs?.includes(editor.code);
      editor.showError(editor.problem() || (empty ? 'Заполните поле.' : ''));
    }
    const wrong = editors.find((editor) => !editor.error.hidden);
    wrong?.focus();
    return !wrong;
  };
  const send = (action, reason = null) => isRight(action)
    && desk.complete({answer: action.answer, values: editors.length ? valuesOf(editors) : null, reason});
  const buttonOf = (action, index) => (action.ask
    ? reasons.button(action, (reason) => send(action, reason))
    : button(action.label, () => desk.act(async () => send(action)), action.kind ?? (index ? 'plain' : 'success')));
  const taken = new Set(screen.fields);
  return {
    main: [
      desk.step === 'duplicates' ? similarOf(desk.object('similarProducts')) : null,
      editors.length ? section('Заполните', h('div', {class: 'deal-grid'}, editors.map((editor) => editor.root))) : null,
      section('Товар', factsOf(fieldsOf(deal, screen.facts.filter((code) => !taken.has(code))), {copy: screen.copy ?? false})),
      documentsOf(deal),
      roundsOf(desk.data.approval),
      notesOf(deal.id, desk),
    ],
    bar: [reasons.root, screen.actions.map(buttonOf)],
  };
}

/** What looks like the product: in other deals and in 1C, the likest first. */
function similarOf({deals = [], items = [], onecAsked = false, barcodesAsked = true}) {
  const unasked = onecAsked ? null : banner('warning', '1С не ответила',
    h('p', {}, 'Поищите товар в номенклатуре 1С сами или нажмите «Искать ещё раз», когда 1С заработает.'));
  const unread = onecAsked && !barcodesAsked ? banner('warning', 'Штрихкоды 1С не прочитаны',
    h('p', {}, 'По артикулу и названию 1С проверена. Поищите штрихкод в 1С сами и скажите администратору, что к штрихкодам нет доступа.')) : null;
  const none = onecAsked && !items.length ? h('p', {class: 'deal-quiet'}, 'В номенклатуре 1С похожих товаров нет.') : null;
  return section('Похожие товары', unasked, unread,
    items.length ? [h('h4', {}, 'В номенклатуре 1С'), listOf(items.map((item) => [
      `Код ${item.code}`, item, item.deleted ? 'помечен на удаление' : null]))] : none,
    deals.length ? [h('h4', {}, 'В других сделках'), listOf(deals.map((deal) => [deal.deal, deal, deal.stage]))]
      : h('p', {class: 'deal-quiet'}, 'В других сделках похожих товаров нет.'));
}

function listOf(rows) {
  return h('ul', {class: 'deal-changes'}, rows.map(([title, row, more]) => h('li', {},
    h('b', {}, title), ` · ${[row.name, row.manufacturer, row.article ? `арт. ${row.article}` : null, more].filter(Boolean).join(' · ')}`,
    h('small', {class: row.same.includes('name') && row.same.length === 1 ? null : 'deal-late'},
      ` · ${row.same.map((sign) => SAME[sign] ?? sign).join(', ')}`))));
}
