// An approver's screen: what is proposed, what is known, yes or no.

import {changesOf, factsOf, groupsOf, hasTerms, reliabilityOf, roundsOf} from '../card.js';
import {banner, button, h, section} from '../dom.js';
import {FieldEditor} from '../fields.js';
import {documentsOf} from '../files.js';
import {lineOf} from '../line.js';
import {unmet} from '../requirements.js';
import {isSaid} from '../text.js';

export function decision(desk) {
  const {data} = desk;
  const changes = data.approval.changedSinceLastRound ?? [];
  const changed = new Map(changes.map((change) => [change.code, change]));
  const terms = new Terms(desk, changed);
  const answers = new Answers(desk, terms.step);
  const comment = lineOf('Комментарий, обязателен при отклонении',
    h('textarea', {rows: 1, maxlength: 4000}), {hidden: true});
  const typed = {...desk.returned.input, ...desk.draft.read()};
  terms.write(editsOf(typed.edits));
  answers.write(editsOf(typed.edits));
  comment.box.value = typed.comment ?? '';

  const said = () => ({...terms.edits, ...answers.values});
  const keep = () => desk.draft.write({comment: comment.box.value, edits: said()});
  for (const event of ['input', 'change']) {
    terms.root?.addEventListener(event, () => { terms.compare(); keep(); });
    answers.root?.addEventListener(event, keep);
  }
  comment.box.addEventListener('input', () => { comment.refuse(''); keep(); });

  const decide = (outcome) => desk.act(async () => {
    const right = [terms.isRight(outcome === 'approved'), answers.isRight(outcome === 'approved')];
    if (right.includes(false)) return desk.warn('Проверьте поля, отмеченные красным.');
    if (outcome === 'rejected' && !isSaid(comment.said)) {
      return comment.refuse('Напишите причину отказа: её увидит менеджер сделки.');
    }
    return desk.complete({
      decision: outcome,
      comment: comment.said,
      edits: JSON.stringify(said()),
    });
  });
  const own = data.deal.manager.login === desk.login;
  return {
    banners: own ? [banner('warning', 'Это ваша сделка: решать по ней должен другой сотрудник. Ваше решение система не примет и вернёт задачу в группу.')] : [],
    main: [
      changesOf(changes),
      answers.root,
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
    const {approval, deal, lists, required} = desk.data;
    this.rules = required;
    this.step = approval.steps.find((step) => step.code === (desk.variable('step') ?? desk.step));
    const edits = this.step?.edits ?? [];
    const fields = deal.groups.flatMap((group) => group.fields);
    this.fields = new Map(fields.map((field) => [field.code, field]));
    this.editors = edits.map((code) => fields.find((field) => field.code === code)).filter(Boolean)
      .map((field) => new FieldEditor({...field, required: false}, lists));
    const rest = deal.groups.filter((group) => group.code === 'terms')
      .flatMap((group) => group.fields).filter((field) => !edits.includes(field.code));
    this.root = this.editors.length || rest.length ? section(hasTerms(deal) ? 'Предлагаемые условия' : 'Что можно изменить',
      this.editors.length ? [
        h('div', {class: 'deal-grid deal-tight'}, this.editors.map((editor) => editor.root)),
        h('p', {class: 'deal-quiet'}, 'Изменения войдут в сделку, если вы согласуете; '
          + 'если отклоните, менеджер увидит их как встречное предложение.'),
      ] : null,
      rest.length ? factsOf(rest, {changed}) : null) : null;
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

  /** Remind of the manager's value beside every changed one, and mark what the changes make necessary. */
  compare() {
    const gaps = this.#gaps();
    for (const editor of this.editors) {
      editor.remindOfSaved();
      editor.isRequired = gaps.some(({anyOf}) => anyOf.includes(editor.code));
    }
  }

  isRight(approved) {
    const gaps = approved ? this.#gaps() : [];
    return areRight(this.editors, (editor) => editor.problem() || this.#lackOf(editor, gaps));
  }

  #stored(code) {
    return this.fields.get(code)?.value ?? null;
  }

  /** Rules that the changes break; what was missing before is not this approver's matter. */
  #gaps() {
    const before = unmet(this.rules, (code) => this.#stored(code));
    const typed = (code) => {
      const editor = this.editors.find((one) => one.code === code);
      return editor ? editor.read() : this.#stored(code);
    };
    return unmet(this.rules, typed).filter((rule) => !before.includes(rule));
  }

  #lackOf(editor, gaps) {
    const gap = gaps.find(({anyOf}) => anyOf.includes(editor.code));
    if (!gap) return '';
    const cause = this.fields.get(gap.when?.field)?.label;
    return cause ? `Нужно, раз заполнено «${cause}».` : 'Без этого согласовать нельзя, заполните поле.';
  }
}

/** What this step has to say beside yes or no; an approval needs every answer. */
class Answers {
  constructor({data}, step) {
    this.editors = (step?.answers ?? []).map((answer) => new FieldEditor({...answer, value: null}, data.lists));
    this.root = this.editors.length ? section('Ваше заключение',
      step.parallel ? h('p', {class: 'deal-quiet'}, 'Решения других откроются вам, а ваше — им, когда выскажутся все.') : null,
      h('div', {class: 'deal-grid'}, this.editors.map((editor) => editor.root))) : null;
  }

  get values() {
    const filled = this.editors.filter((editor) => editor.isDirty);
    return Object.fromEntries(filled.map((editor) => [editor.code, editor.read()]));
  }

  write(values) {
    for (const editor of this.editors) if (editor.code in values) editor.write(values[editor.code]);
  }

  isRight(all) {
    return areRight(this.editors, (editor) => editor.problem()
      || (all && !editor.isDirty ? 'Ответ нужен для согласования, заполните его.' : ''));
  }
}

/** Show what is wrong at each editor and go to the first; returns whether nothing is. */
function areRight(editors, problemOf) {
  for (const editor of editors) editor.showError(problemOf(editor));
  const wrong = editors.find(problemOf);
  wrong?.focus();
  return !wrong;
}

function editsOf(edits) {
  if (typeof edits !== 'string') return edits ?? {};
  try {
    return JSON.parse(edits) ?? {};
  } catch {
    return {};
  }
}
