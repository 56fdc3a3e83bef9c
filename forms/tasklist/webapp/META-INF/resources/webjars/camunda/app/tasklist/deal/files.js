// Documents of a deal: reading them, and sending new versions with progress.

import {Trouble, fileAddress, uploadFile} from './api.js';
import {factsOf} from './card.js';
import {append, button, fill, h, section, uniqueId} from './dom.js';
import {fileSize, moment, personName, plural} from './text.js';

const PHOTO = 'image/jpeg,image/png,image/tiff,application/pdf'; // a phone then offers its camera, and JPEG instead of HEIC
const SHOWN = /^(application\/pdf|image\/(png|jpeg|gif|webp))$/;

/** A link that opens what browsers can show in a new tab and saves the rest. */
export function fileLink(file) {
  if (file.waiting) return h('span', {class: 'deal-file'}, file.name, h('small', {}, ` ${fileSize(file.size)}, ждёт отправки`));
  const shown = SHOWN.test(file.mediaType);
  const about = `${fileSize(file.size)}, версия ${file.version}, ${moment(file.uploadedAt)}, ${personName(file.uploadedBy)}`;
  return h('span', {class: 'deal-file'},
    h('a', {
      href: fileAddress(file.id, {inline: shown}), target: shown ? '_blank' : null, rel: 'noopener',
      download: shown ? null : file.name, 'data-preview': shown ? file.mediaType : null, 'data-name': file.name,
    }, file.name, shown ? h('span', {class: 'deal-offscreen'}, ' (в новой вкладке)') : null),
    h('small', {}, ` ${about}`));
}

/** All documents for reading, the latest version of each first, with what the card says about them. */
export function documentsOf(deal, files = deal.files, title = 'Документы') {
  const facts = files !== deal.files ? [] : deal.groups.filter((group) => group.code === 'documents').flatMap((group) => group.fields)
    .filter((field) => field.text && field.kind !== 'file');
  return section(title, facts.length ? factsOf(facts) : null, files.length
    ? h('dl', {class: 'deal-facts'}, [...grouped(files)].map(([label, versions]) => h('div', {},
      h('dt', {}, label), h('dd', {}, versionsOf(versions)))))
    : h('p', {class: 'deal-quiet'}, 'Документов нет.'));
}

function grouped(files) {
  const byField = new Map();
  for (const file of files) byField.set(file.label, [...(byField.get(file.label) ?? []), file]);
  return byField;
}

function versionsOf(versions) {
  const [latest, ...older] = [...versions].sort((a, b) => b.version - a.version);
  if (!latest) return null;
  return [fileLink(latest), older.length
    ? h('details', {}, h('summary', {}, plural(older.length, 'прежняя версия', 'прежние версии', 'прежних версий')),
      older.map(fileLink))
    : null];
}

/**
 * One file field that takes new versions by choosing or dropping; `onStored` hears of each stored file.
 * Files older than the instant `since` are of an earlier shipment: shown, but not counted.
 */
export class FileField {
  constructor(field, files, dealId, onStored, {since = null, photo = false} = {}) {
    this.field = field;
    this.since = since && new Date(since);
    this.ask = photo && matchMedia('(pointer: coarse)').matches ? 'Сфотографировать или выбрать файл' : 'Выбрать файл';
    this.sending = 0; // files on their way to the server
    this.files = files;
    this.dealId = dealId;
    this.onStored = onStored;
    const id = uniqueId(field.code);
    this.input = h('input', {
      type: 'file', id, multiple: true, accept: photo ? PHOTO : null, class: 'deal-offscreen', 'aria-describedby': `${id}-error`,
      onchange: () => { this.#take([...this.input.files]); this.input.value = ''; },
    });
    this.versions = h('div', {});
    this.progress = h('div', {role: 'status'});
    this.error = h('p', {class: 'deal-error', id: `${id}-error`, role: 'alert', hidden: true});
    this.mark = h('span', {class: 'deal-required', title: 'Нужно для следующей стадии'});
    this.caption = h('label', {for: id, class: 'deal-button deal-small'});
    this.root = h('div', {class: 'deal-field deal-drop', 'data-field': field.code},
      h('span', {class: 'deal-label'}, field.label,
        this.mark,
        field.restricted ? h('small', {}, ' персональные данные') : null),
      this.versions, this.input, this.caption,
      field.hint ? h('p', {class: 'deal-hint'}, field.hint) : null, this.progress, this.error);
    this.isRequired = field.required;
    this.#acceptDrops();
    this.#show();
    for (const file of files) this.#await(file);
  }

  get label() {
    return this.field.label;
  }

  get isDirty() {
    return false;
  }

  /** Whether the next stage needs the file. */
  set isRequired(required) {
    this.mark.textContent = required ? ' *' : '';
    this.mark.hidden = !required;
  }

  /** The newest stored file that counts, or null. */
  get latest() {
    return this.#counted().sort((a, b) => b.version - a.version)[0] ?? null;
  }

  #counted(counts = true) {
    return this.files.filter((file) => (!this.since || file.waiting || new Date(file.uploadedAt) >= this.since) === counts);
  }

  focus() {
    this.input.focus({preventScroll: true});
    this.root.scrollIntoView({block: 'center'});
  }

  /** Take over the stored versions, ours and other people's; one of ours may be younger than the answer. */
  rebase(files) {
    const stored = files.filter((file) => file.field === this.field.code);
    this.files = [...stored, ...this.files.filter(({id}) => !stored.some((file) => file.id === id))];
    this.#show();
  }

  showError(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
  }

  /** Say what is wrong and lead there. */
  refuse(message) {
    this.showError(message);
    this.focus();
  }

  #show() {
    const earlier = this.#counted(false);
    fill(this.versions, versionsOf(this.#counted()), earlier.length
      ? h('details', {}, h('summary', {}, `из прошлой отгрузки: ${plural(earlier.length, 'файл', 'файла', 'файлов')}`),
        earlier.map(fileLink))
      : null);
    fill(this.caption, this.latest ? 'Новая версия' : this.ask,
      h('span', {class: 'deal-offscreen'}, `: ${this.field.label}`));
  }

  #acceptDrops() {
    const mark = (over) => (event) => {
      event.preventDefault();
      this.root.classList.toggle('deal-over', over);
    };
    this.root.addEventListener('dragover', mark(true));
    this.root.addEventListener('dragleave', mark(false));
    this.root.addEventListener('drop', (event) => {
      mark(false)(event);
      if (!this.input.matches(':disabled')) this.#take([...event.dataTransfer.files]);
    });
  }

  async #take(files) {
    this.showError('');
    for (const file of files) await this.#send(file, crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  }

  /** A file that is stored on this device only becomes the server's, or is refused. */
  async #await(file) {
    if (!file.waiting) return;
    const others = () => this.files.filter(({id}) => id !== file.id);
    try {
      const stored = await file.settled;
      this.files = [...others(), stored];
      this.#show();
      this.onStored(stored);
    } catch ({message}) {
      this.files = others();
      this.#show();
      this.showError(`${file.name}: ${message}`);
    }
  }

  async #send(file, key) {
    const bar = h('progress', {max: 1, value: 0, 'aria-label': `Загрузка: ${file.name}`});
    const row = h('p', {class: 'deal-quiet'}, `Загружаем «${file.name}» `, bar);
    append(this.progress, row);
    this.sending += 1;
    try {
      const stored = await uploadFile(this.dealId, this.field.code, file, key, (part) => { bar.value = part; });
      this.files = [...this.files, stored];
      row.remove();
      this.#show();
      this.#await(stored);
      this.onStored(stored);
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      fill(row, `${file.name}: ${trouble.message} `);
      row.className = 'deal-error';
      if (trouble.isUnknown) {
        append(row, button('Повторить', () => { row.remove(); this.#send(file, key); }, 'small'));
      } else {
        append(row, button('Убрать', () => row.remove(), 'small'));
      }
    } finally {
      this.sending -= 1;
    }
  }
}
