// The screens of the people who ship: what it is, a photo of the paper, and how it went.

import {banner, button} from '../dom.js';
import {documentsOf} from '../files.js';
import {checkOf} from '../line.js';
import {Reasons} from '../reason.js';
import {PARTNER, WAY, shipmentFile, shipmentOf} from '../shipment.js';

const WITHOUT_REASON = 'Напишите причину: менеджер увидит этот текст.';
const FAILED = {answer: 'failed', ask: 'Что помешало', refusal: WITHOUT_REASON};
const OTHER_DRIVER = {
  answer: 'driverChanged', label: 'Передать другому водителю…', kind: 'plain',
  ask: 'Почему нужен другой водитель', refusal: 'Напишите причину: диспетчер увидит этот текст.',
};

/**
 * file      field code of the paper
 * facts     field codes shown above it
 * copy      those of them that can be copied
 * papers    field codes of files to read
 * check     what must be ticked before the first action
 * actions   buttons: an answer with `noFile` needs the file, with `sendsFile` takes it if there is one,
 *           with `ask` needs a reason
 */
const SCREENS = {
  carrier: {
    file: 'ttnFile',
    facts: [...PARTNER, ...WAY, 'transportPayer', 'carrierDriver', 'comments', 'goods'],
    actions: [
      {answer: 'delivered', label: 'Подтвердить отгрузку',
        noFile: 'Приложите ТТН с отметкой транспортной компании: без неё отгрузку подтвердить нельзя.'},
      {...FAILED, label: 'Отгрузить не удалось…'},
      OTHER_DRIVER,
    ],
  },
  ownDelivery: {
    file: 'signedUpdFile',
    facts: [...PARTNER, ...WAY, 'comments', 'goods'],
    actions: [
      {answer: 'delivered', label: 'Доставлено', noFile: 'Приложите УПД с подписью получателя: без него доставку отметить нельзя.'},
      {...FAILED, label: 'Не доставлено…'},
      OTHER_DRIVER,
    ],
  },
  pickup: {
    file: 'signedUpdFile',
    facts: [...PARTNER, 'shippingDirection', 'comments', 'goods'],
    check: {
      label: 'Проверил доверенность или паспорт получателя',
      refusal: 'Проверьте документы получателя и отметьте это.',
    },
    actions: [
      {answer: 'delivered', label: 'Выдано', noFile: 'Приложите УПД с подписью получателя: без него выдачу отметить нельзя.'},
      {...FAILED, label: 'Клиент не пришёл…', ask: 'Что известно'},
    ],
  },
  branchSend: {
    file: 'transferFile',
    facts: ['shippingDirection', 'shippingRegion', 'counterparty', 'deliveryDate', 'shipBefore', 'comments', 'goods'],
    actions: [
      {answer: 'delivered', label: 'Отправлено в филиал', sendsFile: true},
      {...FAILED, label: 'Отправить не удалось…'},
    ],
  },
  branchAccept: {
    file: 'discrepancyFile',
    facts: ['shippingDirection', 'counterparty', 'comments', 'goods'],
    papers: ['transferFile', 'updFile'],
    actions: [
      {answer: 'delivered', label: 'Принято'},
      {answer: 'discrepancy', label: 'Принято с расхождениями…', sendsFile: true, ask: 'Чего не хватает, что лишнее или повреждено',
        refusal: 'Опишите расхождения: менеджер решит по этому тексту.'},
    ],
  },
  receipt: {
    file: 'receiptFile',
    facts: ['trackingNumber', ...PARTNER, 'deliveryMethod', 'deliveryAddress', 'goods'],
    copy: ['trackingNumber'],
    actions: [
      {answer: 'delivered', label: 'Получение подтверждено',
        noFile: 'Приложите подтверждение курьерской службы или почты: без него получение отметить нельзя.'},
      {...FAILED, label: 'Не доставлено…'},
    ],
  },
};

export function delivery(desk) {
  const screen = SCREENS[desk.step];
  const {deal} = desk.data;
  const [done, ...others] = screen.actions;
  const user = screen.actions.find((action) => action.noFile || action.sendsFile);
  const file = shipmentFile(desk, screen.file, user.label.replace('…', ''));
  const check = screen.check ? checkOf(screen.check.label) : null;
  if (check) {
    check.box.checked = desk.typed.identityChecked === 'true';
    check.box.addEventListener('change', () => {
      check.refuse('');
      desk.keep({identityChecked: check.box.checked ? 'true' : null});
    });
  }
  const reasons = new Reasons(desk, 'reason');
  const send = (action, reason = null) => {
    if (file.sending) return file.refuse('Файл ещё загружается, подождите немного.');
    const taken = action.noFile || action.sendsFile ? file.latest?.id ?? null : null;
    const checked = check ? {identityChecked: action === done ? 'true' : null} : {};
    return desk.complete({answer: action.answer, fileId: taken, reason, ...checked});
  };
  const finish = () => desk.act(async () => {
    const unticked = check && !check.box.checked;
    const unproven = done.noFile && !file.latest && !file.sending;
    if (unproven) file.refuse(done.noFile);
    if (unticked) check.refuse(screen.check.refusal); // the last to speak has the focus: the upper one
    return unticked || unproven ? undefined : send(done);
  });
  const papers = deal.files.filter((other) => screen.papers?.includes(other.field));
  return {
    banners: check ? [banner('info', 'Выдавайте только по доверенности или паспорту. ',
      'Сверьте имя получателя с документом и возьмите подпись на УПД.')] : [],
    main: [
      shipmentOf(deal, screen.facts, {copy: screen.copy}),
      papers.length ? documentsOf(deal, papers) : null,
      check?.root,
      file.root,
    ],
    bar: [
      reasons.root,
      button(done.label, finish, 'success'),
      others.map((action) => reasons.button(action, (reason) => send(action, reason))),
    ],
  };
}
