// What was said and billed: notes, calls and invoices of a deal, and recording a new one.

import {Trouble, addNote, loadNotes} from './api.js';
import {button, fill, h, section} from './dom.js';
import {Draft} from './draft.js';
import {FieldEditor} from './fields.js';
import {moment, personName, plural} from './text.js';

const KINDS = [{code: 'note', name: 'Заметка'}, {code: 'call', name: 'Звонок'}, {code: 'invoice', name: 'Счёт'}];
const SHOWN = 5; // entries shown before «Показать все»

/** The section with all entries; `desk` where the person may add one, null for reading only. */
export function notesOf(dealId, desk = null) {
  const list = h('div', {'aria-live': 'polite'}, h('p', {class: 'deal-quiet'}, 'Загружаем…'));
  const show = async () => {
    try {
      showEntries(list, (await loadNotes(dealId)).items);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      fill(list, h('p', {class: 'deal-error'}, `${trouble.message} `, button('Повторить', show, 'small')));
    }
  };
  show();
  return section('Заметки, звонки и счета', list, desk ? new NewNote(desk, dealId, show).root : null);
}

function showEntries(list, entries, limit = SHOWN) {
  const latest = [...entries].reverse();
  if (!latest.length) return void fill(list, h('p', {class: 'deal-quiet'}, 'Записей нет.'));
  const hidden = latest.length - limit;
  return void fill(list, latest.slice(0, limit).map(entryOf), hidden > 0
    ? button(`Показать ещё ${plural(hidden, 'запись', 'записи', 'записей')}`,
      () => showEntries(list, entries, latest.length), 'small')
    : null);
}

function entryOf(note) {
  const kind = KINDS.find((known) => known.code === note.kind)?.name ?? note.kind;
  const bill = note.kind === 'invoice' ? ` № ${note.invoiceNumber} на ${note.amountText}` : '';
  return h('div', {class: 'deal-decision'},
    h('p', {}, h('b', {}, kind + bill), ` · ${personName(note.author)}`, h('time', {}, moment(note.at))),
    note.text ? h('p', {class: 'deal-said'}, note.text) : null);
}

/** The small form below the list; what is typed survives a reload. */
class NewNote {
  #key = null; // of the entry being sent: a repeated sending records it once

  constructor(desk, dealId, onRecorded) {
    this.draft = new Draft(desk.login, `note:${dealId}`);
    this.dealId = dealId;
    this.onRecorded = onRecorded;
    /** @returns {any} */
    const editor = (code, label, kind, more = {}) => new FieldEditor({code, label, kind, ...more}, {kinds: KINDS});
    this.editors = [
      editor('kind', 'Что записать', 'list', {list: 'kinds'}), editor('invoiceNumber', 'Номер счёта', 'text'),
      editor('amount', 'Сумма счёта', 'money'), editor('text', 'Текст', 'longText'),
    ];
    this.kind = this.editors[0];
    this.number = this.editors[1];
    this.amount = this.editors[2];
    this.text = this.editors[3];
    this.failure = h('p', {class: 'deal-error', role: 'alert'});
    this.recording = button('Записать', () => this.#record());
    this.root = h('div', {class: 'deal-grid deal-new-note'}, this.editors.map((each) => each.root),
      h('div', {class: 'deal-wide'}, this.recording, this.failure));
    for (const event of ['input', 'change']) {
      this.root.addEventListener(event, (happened) => {
        happened.stopPropagation(); // a note is not part of the card
        this.#touched();
      });
    }
    this.#write(this.draft.read());
  }

  #write(typed) {
    for (const each of this.editors) each.write(typed[each.code] ?? null);
    if (!this.kind.read()) this.kind.write('note');
    this.#showBill();
  }

  #touched() {
    this.#key = null;
    this.#showBill();
    this.draft.write(this.#typed());
  }

  #showBill() {
    const bill = this.kind.read() === 'invoice';
    this.number.root.hidden = !bill;
    this.amount.root.hidden = !bill;
  }

  #typed() {
    return Object.fromEntries(this.editors.map((each) => [each.code, each.read()]));
  }

  async #record() {
    if (this.recording.disabled) return;
    const {kind, text, invoiceNumber, amount} = this.#typed();
    const bill = kind === 'invoice' ? {invoiceNumber, amount} : {};
    this.#key ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.recording.disabled = true;
    this.failure.textContent = '';
    try {
      await addNote(this.dealId, {kind: kind ?? 'note', text: text ?? '', ...bill}, this.#key);
      this.#key = null;
      this.draft.clear();
      this.#write({});
      await this.onRecorded();
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      this.#explain(trouble);
    } finally {
      this.recording.disabled = false;
    }
  }

  #explain(trouble) {
    const problems = trouble.problem?.errors ?? [];
    for (const each of this.editors) {
      each.showError(problems.find((problem) => problem.field === each.code)?.message ?? '');
    }
    this.failure.textContent = problems.length ? '' : trouble.message;
  }
}
