// Answers that need words: each is a button that opens a panel with a mandatory reason.

import {button, fill, h} from './dom.js';
import {lineOf} from './line.js';
import {isSaid} from './text.js';

export class Reasons {
  #desk;
  #name;
  root = h('div', {class: 'deal-panel'});

  /** `name`: the submitted variable that carries the words. */
  constructor(desk, name) {
    this.#desk = desk;
    this.#name = name;
  }

  /**
   * The button of one answer. `ask` labels the words, `refusal` says why they are needed, `note` what will
   * happen then; `send` gets the words.
   */
  button({answer, label, ask, refusal, note = null, kind = 'danger'}, send) {
    const {typed} = this.#desk;
    const line = lineOf(ask, h('textarea', {rows: 2, maxlength: 4000}));
    const title = label.replace('…', '');
    line.box.addEventListener('input', () => {
      line.refuse('');
      this.#desk.keep({answer, [this.#name]: line.box.value});
    });
    const finish = () => this.#desk.act(async () => {
      if (!isSaid(line.said)) return line.refuse(refusal);
      return send(line.said);
    });
    const opener = button(label, () => { open(); line.box.focus(); }, kind === 'danger' ? 'danger-quiet' : kind);
    const close = () => {
      fill(this.root);
      this.#desk.keep({answer: null});
      opener.focus();
    };
    const open = () => fill(this.root, h('div', {class: 'deal-confirm', role: 'group', 'aria-label': title},
      note ? h('p', {}, note) : null, line.root, button(title, finish, kind === 'plain' ? 'primary' : kind), button('Назад', close)));
    if (typed.answer === answer && typed[this.#name]) {
      line.box.value = typed[this.#name];
      open();
    }
    return opener;
  }
}
