// A screen with the card to fill in: fields, documents, saving, drafts, and other people's changes.

import {saveFields} from './api.js';
import {banner, button, fill, h, section} from './dom.js';
import {CardEditor} from './editor.js';
import {FileField, documentsOf} from './files.js';
import {offerOrder} from './order.js';
import {plural} from './text.js';

const DOCUMENTS = 'documents'; // the group whose section also holds the files

export class CardScreen {
  /** `first`: the field group this task is about, shown before the others; `later`: codes of fields not asked for yet. */
  constructor(desk, first = null, later = []) {
    this.desk = desk;
    const {deal, lists, fileFields} = desk.data;
    this.editor = new CardEditor(ordered(without(deal.groups, later), first), lists, () => this.touched());
    this.behind = 0; // uploads of ours that have moved the deal's version on since it was read
    this.files = fileFields.filter((field) => field.editable && !later.includes(field.code)).map((field) => new FileField(
      field, deal.files.filter((file) => file.field === field.code), deal.id, ({waiting}) => waiting || this.#uploaded()));
    this.saving = button('Сохранить', () => desk.act(() => this.save()));
    this.restored = h('div', {});
    offerOrder(this.editor, deal.id, {save: () => this.#saved(), taken: (words) => this.#took(words)});
    this.#restore();
    this.#keep();
  }

  get main() {
    const boxes = this.files.map((field) => field.root);
    const place = this.editor.section(DOCUMENTS);
    if (boxes.length && place) place.append(h('div', {class: 'deal-grid deal-boxes'}, boxes));
    const others = this.desk.data.deal.files.filter((file) => !this.files.some(({field}) => field.code === file.field));
    return [
      this.editor.nodes,
      boxes.length && !place ? section('Документы', h('div', {class: 'deal-grid'}, boxes)) : null,
      others.length ? documentsOf(this.desk.data.deal, others, 'Другие документы') : null,
    ];
  }

  /** For screens that show more of the task: called when it was read again. */
  showNews() {}

  /** For screens that say what is missing: called at every touch of the card. */
  showNeeds() {}

  /** What a field of the deal holds on this screen; undefined for one that is not shown here. */
  valueOf(code) {
    const editor = this.editor.editor(code);
    if (editor) return editor.read();
    const file = this.files.find(({field}) => field.code === code);
    if (file) return file.latest?.id ?? null;
    const {deal} = this.desk.data;
    const field = deal.groups.flatMap((group) => group.fields).find((one) => one.code === code);
    return field ? field.value ?? null : deal.files.find((one) => one.field === code)?.id;
  }

  /** Save what is unsaved. Returns whether the card is as the person wants it. */
  async save() {
    if (this.behind) await this.follow();
    const fields = this.editor.dirty;
    if (!Object.keys(fields).length) return true;
    const {deal} = this.desk.data;
    try {
      this.desk.say('Сохраняем…');
      await saveFields(deal.id, deal.version, fields);
    } catch (trouble) {
      return this.#notSaved(trouble);
    }
    this.editor.showErrors([]);
    fill(this.restored);
    await this.follow();
    this.touched();
    this.desk.say(`Сохранено в ${new Date().toLocaleTimeString('ru-RU', {hour: '2-digit', minute: '2-digit'})}.`);
    return true;
  }

  async #notSaved(trouble) {
    if (trouble.status === 422 && trouble.problem?.errors) {
      const homeless = this.editor.showErrors(trouble.problem.errors);
      const count = plural(trouble.problem.errors.length, 'поле', 'поля', 'полей');
      this.desk.warn([`Не сохранено: проверьте ${count}, ошибки отмечены красным.`, ...homeless].join(' '));
      return false;
    }
    if (trouble.status !== 412) throw trouble;
    const conflicts = await this.follow();
    this.touched();
    if (!Object.keys(this.editor.dirty).length) return true; // our own earlier try had been stored
    this.desk.warn(conflicts.length
      ? `Сделку изменили, пока вы работали. Ваши значения на экране; сравните: ${conflicts.join(', ')}. Затем сохраните ещё раз.`
      : 'Сделку изменили, пока вы работали. Ваши значения на экране, сохраните ещё раз.');
    return false;
  }

  /** Take over what is stored now, keeping what is typed. */
  async follow() {
    const told = this.behind;
    const {deal} = await this.desk.refresh();
    this.behind -= told;
    const conflicts = this.editor.rebase(deal.groups);
    for (const field of this.files) field.rebase(deal.files);
    this.showNews();
    return conflicts;
  }

  /** The person has typed something, or what was typed is stored now. */
  touched() {
    this.#keep();
    this.showNeeds();
  }

  /** Keep what is typed as a draft, and say how much of it is unsaved. */
  #keep() {
    const unsaved = this.editor.dirty;
    const count = Object.keys(unsaved).length;
    if (count) this.desk.draft.write({fields: unsaved});
    else this.desk.draft.clear();
    if (!count) fill(this.restored);
    this.saving.disabled = count === 0;
    this.desk.say(count ? `Не сохранено: ${plural(count, 'поле', 'поля', 'полей')}.` : '');
  }

  /** Save outside of the bar; what stands against it is said beside the bar. */
  async #saved() {
    let done = false;
    await this.desk.act(async () => { done = await this.save(); });
    return done;
  }

  #took(words) {
    return this.desk.act(async () => {
      await this.follow();
      this.touched();
      this.desk.say(words);
    });
  }

  #uploaded() {
    this.behind += 1;
    this.desk.act(async () => { while (this.behind) await this.follow(); });
  }

  #restore() {
    const {fields} = this.desk.draft.read();
    if (!fields || !Object.keys(fields).length) return;
    this.editor.write(fields);
    if (!Object.keys(this.editor.dirty).length) return;
    for (const code of Object.keys(this.editor.dirty)) this.editor.editor(code).remindOfSaved();
    fill(this.restored, banner('info', 'Восстановлено введённое раньше и не сохранённое. ',
      button('Вернуть как в карточке', () => {
        for (const code of Object.keys(fields)) {
          const editor = this.editor.editor(code);
          editor?.reset();
        }
        this.touched();
      })));
  }
}

function without(groups, codes) {
  return groups.map((group) => ({...group, fields: group.fields.filter((field) => !codes.includes(field.code))}));
}

function ordered(groups, first) {
  return [...groups].sort((a, b) => Number(b.code === first) - Number(a.code === first));
}
