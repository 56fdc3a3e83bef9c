// The editable card: sections of fields, what is unsaved, errors of the server at their fields.

import {h, section} from './dom.js';
import {FieldEditor} from './fields.js';
import {factsOf} from './card.js';

export class CardEditor {
  #editors = new Map();
  #sections = new Map();

  /** `onChange` hears every touch of the person. */
  constructor(groups, lists, onChange) {
    for (const group of groups) {
      const node = this.#build(group, lists);
      if (!node) continue;
      this.#sections.set(group.code, node);
      node.addEventListener('input', onChange);
      node.addEventListener('change', onChange);
    }
  }

  get nodes() {
    return [...this.#sections.values()];
  }

  /** The section of a field group, if it has anything to show. */
  section(group) {
    return this.#sections.get(group);
  }

  /** Unsaved values by field code. */
  get dirty() {
    const unsaved = [...this.#editors.values()].filter((editor) => editor.isDirty);
    return Object.fromEntries(unsaved.map((editor) => [editor.code, editor.read()]));
  }

  get editors() {
    return [...this.#editors.values()];
  }

  editor(code) {
    return this.#editors.get(code);
  }

  /** The editor whose label is in `text`, such as one entry of what is missing. */
  editorNamed(text) {
    return [...this.#editors.values()].find((editor) => text.includes(editor.field.label));
  }

  /** Put values over those that are shown: a draft, or a counter-offer. */
  write(values) {
    for (const [code, value] of Object.entries(values)) this.#editors.get(code)?.write(value);
  }

  /**
   * Take the card as stored now. Untouched fields follow it; typed ones stay, with a remark where somebody
   * else has changed the same field meanwhile. Returns the labels of those conflicts.
   */
  rebase(groups) {
    const fields = groups.flatMap((group) => group.fields);
    return fields.filter((field) => this.#editors.get(field.code)?.rebase(field)).map((field) => field.label);
  }

  /** Show the server's words at their fields and go to the first; returns what has no field here. */
  showErrors(errors) {
    for (const editor of this.#editors.values()) editor.showError('');
    const homeless = [];
    for (const {field, label, message} of errors) {
      const editor = this.#editors.get(field);
      if (editor) editor.showError(message);
      else homeless.push(`${label}: ${message}`);
    }
    [...this.#editors.values()].find((editor) => !editor.error.hidden)?.focus();
    return homeless;
  }

  #build(group, lists) {
    const fields = group.fields.filter((field) => field.kind !== 'file');
    const editable = fields.filter((field) => field.editable).map((field) => {
      const editor = new FieldEditor(field, lists);
      this.#editors.set(field.code, editor);
      return editor.root;
    });
    const fixed = fields.filter((field) => !field.editable && field.text);
    if (!editable.length && !fixed.length) return null;
    return section(group.label,
      editable.length ? h('div', {class: 'deal-grid'}, editable) : null,
      fixed.length ? factsOf(fixed) : null);
  }
}
