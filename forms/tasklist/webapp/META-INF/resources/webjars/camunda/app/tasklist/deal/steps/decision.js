// An approver's screen: what is proposed, what is known, yes or no.

import {changesOf, factsOf, groupsOf, reliabilityOf, roundsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {FieldEditor} from '../fields.js';
import {documentsOf} from '../files.js';
import {lineOf} from '../line.js';
import {isSaid} from '../text.js';

export function decision(desk) {
  const {data} = desk;
  const changes = data.approval.changedSinceLastRound ?? [];
  const changed = new Map(changes.map((change) => [change.code, change]));
  const terms = new Terms(desk, changed);
  const comment = lineOf('Комментарий, обязателен при отклонении',
    h('textarea', {rows: 1, maxlength: 4000}), {hidden: true});
  const typed = {...desk.returned.input, ...desk.draft.read()};
  terms.write(editsOf(typed.edits));
  comment.box.value = typed.comment ?? '';

  const keep = () => desk.draft.write({comment: comment.box.value, edits: terms.edits});
  terms.root.addEventListener('input', () => { terms.compare(); keep(); });
  terms.root.addEventListener('change', () => { terms.compare(); keep(); });
  comment.box.addEventListener('input', () => { comment.refuse(''); keep(); });

  const decide = (outcome) => desk.act(async () => {
    if (!terms.isRight()) return desk.warn('Проверьте поля, отмеченные красным.');
    if (outcome === 'rejected' && !isSaid(comment.said)) {
      return comment.refuse('Напишите причину отказа: её увидит менеджер сделки.');
    }
    return desk.complete({
      decision: outcome,
      comment: comment.said,
      edits: JSON.stringify(terms.edits),
    });
  });
  const own = data.deal.manager.login === desk.login;
  return {
    banners: own ? [banner('warning', 'Это ваша сделка: решать по ней должен другой сотрудник. Ваше решение система не примет и вернёт задачу в группу.')] : [],
    main: [
      changesOf(changes),
      terms.root,
      reliabilityOf(data),
      groupsOf(data.deal, {only: ['requisites'], changed}),
      documentsOf(data.deal),
      groupsOf(data.deal, {except: ['terms', 'requisites'], changed}),
      roundsOf(data.approval),
    ],
    bar: [
      comment.root,
      button('Согласовать', () => decide('approved'), 'success'),
      button('Отклонить', () => decide('rejected'), 'danger'),
    ],
  };
}

/** The proposed terms; what this step may edit is open to change. */
class Terms {
  constructor(desk, changed) {
    const {approval, deal, lists} = desk.data;
    const edits = approval.steps.find((step) => step.code === desk.step)?.edits ?? [];
    const fields = deal.groups.flatMap((group) => group.fields);
    this.editors = edits.map((code) => fields.find((field) => field.code === code)).filter(Boolean)
      .map((field) => new FieldEditor({...field, required: false}, lists));
    const rest = deal.groups.filter((group) => group.code === 'terms')
      .flatMap((group) => group.fields).filter((field) => !edits.includes(field.code));
    this.root = section('Предлагаемые условия',
      this.editors.length ? [
        h('div', {class: 'deal-grid deal-tight'}, this.editors.map((editor) => editor.root)),
        h('p', {class: 'deal-quiet'}, 'Изменения войдут в сделку, если вы согласуете; '
          + 'если отклоните, менеджер увидит их как встречное предложение.'),
      ] : null,
      rest.length ? factsOf(rest, {changed}) : null);
    for (const editor of this.editors) {
      const before = changed.get(editor.code);
      if (before) editor.root.append(h('p', {class: 'deal-note'}, `В прошлом круге: ${before.old || 'пусто'}`));
    }
  }

  get edits() {
    const dirty = this.editors.filter((editor) => editor.isDirty);
    return Object.fromEntries(dirty.map((editor) => [editor.code, editor.read()]));
  }

  write(edits) {
    for (const editor of this.editors) if (editor.code in edits) editor.write(edits[editor.code]);
    this.compare();
  }

  /** Remind of the manager's value beside every changed one. */
  compare() {
    for (const editor of this.editors) editor.remindOfSaved();
  }

  isRight() {
    for (const editor of this.editors) editor.showError(editor.problem());
    const wrong = this.editors.find((editor) => editor.problem());
    wrong?.focus();
    return !wrong;
  }
}

function editsOf(edits) {
  if (typeof edits !== 'string') return edits ?? {};
  try {
    return JSON.parse(edits) ?? {};
  } catch {
    return {};
  }
}
