// Editors of deal fields, one control per kind of the catalog.

import {DateBox} from './date.js';
import {append, fill, h, uniqueId} from './dom.js';
import {goodsControl} from './goods.js';
import {moneyForApi, moneyForPeople, same} from './text.js';

/**
 * One field on the screen. `read()` gives the value as the API wants it; what cannot be understood is
 * passed on as typed, so that the server explains every bad field at once.
 */
export class FieldEditor {
  constructor(field, lists) {
    this.field = field;
    this.saved = field.value ?? null;
    this.contested = false; // somebody else has changed the field since it was typed into
    this.id = uniqueId(field.code);
    this.control = controlFor(field, lists, this.id);
    this.mark = h('span', {class: 'deal-required', title: 'Нужно для следующей стадии'});
    this.error = h('p', {class: 'deal-error', id: `${this.id}-error`, hidden: true});
    this.note = h('p', {class: 'deal-note', hidden: true});
    this.root = this.#frame();
    this.root.addEventListener('input', () => this.showError('')); // being corrected
    this.write(this.saved);
    this.isRequired = field.required;
  }

  /** Whether the next stage needs the field. */
  set isRequired(required) {
    this.mark.textContent = required ? ' *' : '';
    this.mark.hidden = !required;
  }

  get code() {
    return this.field.code;
  }

  get isDirty() {
    return !same(this.read(), this.saved);
  }

  read() {
    return this.control.read();
  }

  write(value) {
    this.control.write(value ?? null);
  }

  /** Back to the value in the card. */
  reset() {
    this.write(this.saved);
    this.remark('');
  }

  /** Say what the card holds while something else is typed. */
  remindOfSaved() {
    this.remark(this.isDirty ? `Сейчас в карточке: ${this.field.text || 'пусто'}` : '');
  }

  /** Take over the field as it is stored now. Returns whether somebody else's value stands against a typed one. */
  rebase(field) {
    const typed = this.isDirty;
    const changed = !same(field.value, this.saved);
    this.field = {...this.field, value: field.value, text: field.text};
    this.saved = field.value ?? null;
    if (!typed) this.write(this.saved);
    this.contested = typed && this.isDirty && (changed || this.contested);
    if (this.contested) this.remindOfSaved();
    else this.remark('');
    return this.contested;
  }

  /** What a glance can tell is wrong, '' when nothing is; the server has the last word. */
  problem() {
    return this.control.problem?.() ?? '';
  }

  showError(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
    this.root.classList.toggle('deal-wrong', Boolean(message));
    if (this.control.mark) return void this.control.mark(message);
    for (const input of this.control.inputs) {
      input.setAttribute('aria-invalid', message ? 'true' : 'false');
    }
    return undefined;
  }

  /** A remark below the control, such as the value in force. */
  remark(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  focus() {
    this.control.inputs[0].focus({preventScroll: true});
    this.root.scrollIntoView({block: 'center'});
  }

  #frame() {
    const {field, control, id, mark} = this;
    const hint = field.hint ? h('p', {class: 'deal-hint', id: `${id}-hint`}, field.hint) : null;
    const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(' ');
    for (const input of control.inputs) input.setAttribute('aria-describedby', described);
    const width = {longText: ' deal-wide', multiList: ' deal-wide', goods: ' deal-wide', dateRange: ' deal-pair'}[field.kind] ?? '';
    const frame = h('div', {class: `deal-field${width}`, 'data-field': field.code});
    if (control.inputs.length === 1) {
      append(frame, h('label', {for: id}, field.label, mark));
    } else {
      append(frame, h('span', {class: 'deal-label', id: `${id}-label`}, field.label, mark));
      control.element.setAttribute('role', 'group');
      control.element.setAttribute('aria-labelledby', `${id}-label`);
    }
    return append(frame, control.element, hint, this.note, this.error);
  }
}

function controlFor(field, lists, id) {
  const items = lists?.[field.list] ?? [];
  switch (field.kind) {
    case 'longText': return textControl(h('textarea', {id, rows: 3}));
    case 'money': return moneyControl(id);
    case 'integer': return integerControl(id);
    case 'date': return dateControl(id);
    case 'dateRange': return rangeControl(id);
    case 'boolean': return booleanControl(id);
    case 'list': return listControl(id, items, field);
    case 'user': return items.length ? listControl(id, items, field) : textControl(h('input', {id, type: 'text'}));
    case 'goods': return goodsControl(id);
    case 'multiList': return multiControl(id, items, field);
    case 'email': return textControl(h('input', {id, type: 'email', inputmode: 'email'}));
    case 'phone': return textControl(h('input', {id, type: 'tel'}));
    case 'inn': case 'ogrn': case 'kpp':
      return textControl(h('input', {id, type: 'text', inputmode: 'numeric', class: 'deal-digits'}));
    default: return textControl(h('input', {id, type: 'text', maxlength: 500}));
  }
}

function textControl(input) {
  input.autocomplete = 'off';
  return {
    element: input,
    inputs: [input],
    read: () => input.value.trim() || null,
    write: (value) => { input.value = value ?? ''; },
  };
}

function moneyControl(id) {
  const input = h('input', {
    id, type: 'text', inputmode: 'decimal', autocomplete: 'off', class: 'deal-digits',
    onblur: () => { input.value = moneyForPeople(input.value); },
  });
  return {
    element: h('span', {class: 'deal-money'}, input, h('span', {'aria-hidden': 'true'}, '₽')),
    inputs: [input],
    read: () => (input.value.trim() ? moneyForApi(input.value) : null),
    write: (value) => { input.value = value === null ? '' : moneyForPeople(value); },
    problem: () => (!input.value.trim() || /^\d+\.\d\d$/.test(moneyForApi(input.value))
      ? '' : 'Укажите сумму в рублях цифрами, например 1 500 000.'),
  };
}

function integerControl(id) {
  const control = textControl(h('input', {id, type: 'text', inputmode: 'numeric', class: 'deal-digits'}));
  const read = () => {
    const typed = control.inputs[0].value.replace(/\s/g, '');
    return /^-?\d{1,9}$/.test(typed) ? Number(typed) : typed || null;
  };
  return {...control, read};
}

function dateControl(id) {
  const box = new DateBox({id});
  return {
    element: box.root,
    inputs: [box.input],
    read: () => box.value || null,
    write: (value) => { box.value = value; },
    problem: () => box.problem,
  };
}

function rangeControl(id) {
  const from = new DateBox({id, 'aria-label': 'с'});
  const to = new DateBox({'aria-label': 'по'});
  return {
    element: h('span', {class: 'deal-range'}, 'с ', from.root, ' по ', to.root),
    inputs: [from.input, to.input],
    read: () => (from.value || to.value ? {from: from.value || null, to: to.value || null} : null),
    write: (value) => { from.value = value?.from; to.value = value?.to; },
    problem: () => {
      if (from.problem || to.problem) return from.problem || to.problem;
      if (Boolean(from.value) !== Boolean(to.value)) return 'Укажите обе даты периода: начало и окончание.';
      return from.value > to.value ? 'Окончание периода раньше его начала.' : '';
    },
  };
}

function booleanControl(id) {
  const select = h('select', {id}, ['', 'true', 'false'].map((value, index) => (
    h('option', {value}, ['не указано', 'да', 'нет'][index]))));
  return {
    element: select,
    inputs: [select],
    read: () => ({true: true, false: false}[select.value] ?? null),
    write: (value) => { select.value = value === null ? '' : String(value); },
  };
}

function listControl(id, items, field) {
  const select = h('select', {id}, h('option', {value: ''}, 'не выбрано'),
    items.map((item) => h('option', {value: item.code}, item.name)));
  return {
    element: select,
    inputs: [select],
    read: () => select.value || null,
    write: (value) => {
      if (value !== null && ![...select.options].some((option) => option.value === value)) {
        append(select, h('option', {value}, `${field.text || value} (не действует)`));
      }
      select.value = value ?? '';
    },
  };
}

function multiControl(id, items, field) {
  const box = h('span', {class: 'deal-checks'});
  let boxes = [];
  const show = (chosen) => {
    const retired = chosen.filter((code) => !items.some((item) => item.code === code));
    const all = [...items, ...retired.map((code) => ({code, name: `${code} (не действует)`}))];
    boxes = all.map((item, index) => h('input', {
      type: 'checkbox', value: item.code, id: index === 0 ? id : `${id}-${index}`, 'aria-label': item.name,
    }));
    boxes.forEach((input) => { input.checked = chosen.includes(input.value); });
    fill(box, boxes.map((input, index) => h('label', {}, input, ' ', all[index].name)));
  };
  show([...(field.value ?? [])]);
  return {
    element: box,
    get inputs() { return boxes.length ? boxes : [h('input', {type: 'hidden'})]; },
    read: () => {
      const chosen = boxes.filter((input) => input.checked).map((input) => input.value);
      return chosen.length ? chosen : null;
    },
    write: (value) => show([...(value ?? [])]),
  };
}
