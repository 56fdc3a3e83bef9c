// A document made from a template: choose one, see what the document says, download it for Word.
//
// The preview is read from the document itself, and the download is refused if the deal or the template has changed since.

import {Trouble, call, download, read} from './api.js';
import {button, fill, h, uniqueId} from './dom.js';

const BLANK = /(_{12})/; // what the deal does not have
const WORDS = {
  contract: {title: 'Договор по шаблону', then: 'Проверьте документ в Word и приложите его к полю «Договор».'},
  approvalSheet: {title: 'Лист согласования по шаблону', then: 'Распечатайте документ из Word.'},
};

/** The button that opens the dialog; kind: contract or approvalSheet. */
export const templateButton = (dealId, kind) => button(`${WORDS[kind].title}…`, () => new TemplateDialog(dealId, kind).open());

class TemplateDialog {
  #shown = null; // the preview that may be downloaded

  constructor(dealId, kind) {
    this.place = `/deals/${encodeURIComponent(dealId)}/templates`;
    this.kind = kind;
    const id = uniqueId('template');
    this.choice = h('select', {id, onchange: () => this.#preview()});
    this.choosing = h('p', {class: 'deal-field', hidden: true}, h('label', {for: id}, 'Шаблон'), this.choice);
    this.state = h('div', {role: 'status'});
    this.paper = h('div', {class: 'deal-paper', tabindex: 0, role: 'region', 'aria-label': 'Что написано в документе', hidden: true});
    this.take = button('Скачать для Word', () => this.#download(), 'success', {disabled: true});
    this.root = h('dialog', {class: 'deal-view deal-document', 'aria-labelledby': `${id}-title`, onclose: () => this.root.remove()},
      h('h2', {id: `${id}-title`}, WORDS[kind].title), this.choosing, this.state, this.paper,
      h('div', {class: 'deal-document-bar'}, this.take, button('Закрыть', () => this.root.close())));
  }

  async open() {
    document.body.append(this.root);
    this.root.showModal();
    fill(this.state, 'Читаем шаблоны…');
    const items = await this.#try(async () => (await read(this.place)).items.filter(({kind}) => kind === this.kind));
    if (!items) return;
    if (!items.length) return void fill(this.state, 'Для этого направления шаблонов нет. Их добавляет администратор портала: «Списки», «Шаблоны».');
    fill(this.choice, items.map(({id, name}) => h('option', {value: id}, name)));
    this.choosing.hidden = items.length === 1;
    await this.#preview();
  }

  async #preview() {
    const wanted = this.choice.value;
    this.#shown = null;
    this.take.disabled = true;
    this.paper.hidden = true;
    fill(this.state, 'Составляем документ…');
    const isWanted = () => wanted === this.choice.value; // another one may be chosen meanwhile
    const found = await this.#try(() => call('GET', `${this.place}/${wanted}`, {slow: true}), isWanted);
    if (!found || !isWanted()) return;
    this.#shown = found;
    this.take.disabled = false;
    fill(this.state,
      found.missing.length > 0 && h('p', {class: 'deal-banner deal-banner-warning'}, `В сделке не заполнено, в документе останется пустым: ${found.missing.join('; ')}.`),
      found.undeclined.length > 0 && h('p', {class: 'deal-banner deal-banner-warning'}, `Просклоняйте в Word сами: ${found.undeclined.join('; ')}`),
      h('p', {class: 'deal-quiet'}, `Текст документа. Шрифты, страницы и картинки покажет Word. ${WORDS[this.kind].then}`));
    fill(this.paper, found.sections.map(({name, blocks}) => [
      found.sections.length > 1 && h('p', {class: 'deal-paper-part'}, name), blocks.map(block)]));
    this.paper.hidden = false;
    this.paper.scrollTop = 0;
  }

  async #download() {
    const {id, fingerprint, fileName} = this.#shown;
    this.take.disabled = true;
    const done = await this.#try(() => download(`${this.place}/${id}/document?fingerprint=${fingerprint}`, fileName));
    if (done) {
      fill(this.state, h('p', {class: 'deal-banner deal-banner-success'}, `Файл «${fileName}» скачан. ${WORDS[this.kind].then}`));
      this.take.disabled = false;
    }
  }

  /** What the API answers; after a refusal it is said, and the way to go on is offered. */
  async #try(ask, matters = () => true) {
    try {
      return await ask();
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      if (!matters()) return null;
      fill(this.state, h('p', {class: 'deal-error', role: 'alert'}, trouble.message, ' ',
        button('Посмотреть заново', () => (this.choice.value ? this.#preview() : this.root.close()), 'small')));
      return null;
    }
  }
}

function block({text, heading, align, rows}) {
  if (rows.length) return h('table', {}, h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((cell) => h('td', {}, marked(cell)))))));
  return h('p', {class: [heading && 'deal-paper-heading', align && `deal-paper-${align}`].filter(Boolean).join(' ') || null}, marked(text));
}

/** A text with its blanks marked. */
const marked = (text) => text.split(BLANK).map((piece) => (BLANK.test(piece) ? h('mark', {}, piece) : piece));
