// The lawyer's second screen: the number from 1C, the contract file, done.

import {fieldsOf, groupsOf, roundsOf} from '../card.js';
import {bigNumber, button, h} from '../dom.js';
import {FileField, documentsOf} from '../files.js';
import {templateButton} from '../templates.js';

const FILE = 'contractFile', NUMBER = 'contractNumber'; // field codes

export function contract(desk) {
  const {deal, fileFields} = desk.data;
  const stored = deal.files.filter((file) => file.field === FILE);
  const known = fileFields.find((field) => field.code === FILE) ?? {code: FILE, label: 'Договор'};
  const file = new FileField(known, stored, deal.id, () => desk.say('Файл загружен. Нажмите «Договор составлен».'));
  const finish = () => desk.act(async () => {
    if (!file.latest) return file.refuse('Приложите файл договора: без него задачу завершить нельзя.');
    return desk.complete({fileId: file.latest.id});
  });
  return {
    main: [
      bigNumber('Номер договора в 1С', fieldsOf(deal, [NUMBER])[0]?.text),
      h('p', {}, templateButton(deal.id, 'contract')),
      file.root,
      groupsOf(deal, {only: ['requisites']}),
      groupsOf(deal, {except: ['requisites', 'contract']}),
      documentsOf(deal, deal.files.filter((other) => other.field !== FILE)),
      roundsOf(desk.data.approval),
    ],
    bar: [button('Договор составлен', finish, 'success')],
  };
}
