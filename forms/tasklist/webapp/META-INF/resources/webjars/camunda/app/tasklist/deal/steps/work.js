// The manager's screen: the card to fill in, documents, and the way to the next stage.

import {rejectionsOf, roundsOf} from '../card.js';
import {button, fill, h} from '../dom.js';
import {FieldEditor} from '../fields.js';
import {notesOf} from '../notes.js';
import {partsOf} from '../parts.js';
import {receiptOf} from '../receipt.js';
import {counting, unmet} from '../requirements.js';
import {CardScreen} from '../screen.js';
import {plural} from '../text.js';

const NEXT_PART = 'realization'; // a stage
const FIRST = {renegotiate: 'terms', receive: 'equipment', product: 'productIdentity'}; // step → the field group it is about
const LATER = { // step → the fields that others fill later
  product: ['onecItemCode', 'trialOrderNumber', 'trialQuantity', 'trialDueOn', 'trialSold', 'trialResult'],
  receive: ['diagnosticsResult', 'diagnosticsPhotos', 'warrantyDecision', 'usedParts', 'repairCost', 'partsCost', 'costAgreedOn', 'costAgreedWith', 'readyBy',
    'repairAct', 'handoverAct', 'returnReason', 'returnComment', 'firstRepair', 'warrantyRequest'],
};

export function work(desk) {
  const screen = new WorkScreen(desk);
  return {banners: screen.banners, main: screen.main, bar: screen.bar};
}

class WorkScreen extends CardScreen {
  constructor(desk) {
    super(desk, FIRST[desk.step] ?? null, LATER[desk.step]);
    this.stages = h('div', {class: 'deal-stages'});
    this.panel = h('div', {class: 'deal-panel'});
    this.showNews();
  }

  get banners() {
    const accept = (offer) => {
      const offered = Object.fromEntries(offer.map((change) => [change.code, change.value]));
      this.editor.write(offered);
      this.touched();
      this.editor.editor(Object.keys(offered)[0])?.focus();
    };
    return [rejectionsOf(this.desk.data, accept), this.restored];
  }

  get main() {
    const {approval, deal, stages} = this.desk.data;
    const notes = notesOf(deal.id, this.desk);
    const closing = stages.every((stage) => stage.outcome); // all that is left is to talk, bill and close
    const fields = [...deal.groups.flatMap((group) => group.fields), ...this.desk.data.fileFields];
    const legend = fields.some((field) => field.required && field.editable)
      ? h('p', {class: 'deal-quiet'}, '* нужно для перехода на следующую стадию. Карточку можно сохранять неполной.') : null;
    const shipped = this.shipped ? h('p', {class: 'deal-quiet'},
      `Уже отгружено: ${plural(this.shipped, 'часть', 'части', 'частей')} заказа.`) : null;
    return [shipped, this.desk.step === 'receive' ? receiptOf(deal) : null, partsOf(this.desk), closing ? notes : null, legend, super.main, roundsOf(approval), closing ? null : notes];
  }

  get bar() {
    return [this.panel, this.saving, this.stages];
  }

  /** How many parts of the order have been shipped. */
  get shipped() {
    return Number(this.desk.variable('partsShipped')) || 0;
  }

  /** The stages the person may choose now. */
  showNews() {
    this.lacking = new Map(this.desk.data.stages.map((stage) => [stage, h('small', {})]));
    fill(this.stages, [...this.lacking].map(([stage, lacking]) => {
      const kind = {won: 'success', lost: 'danger-quiet'}[stage.outcome] ?? 'primary';
      return button([this.#labelOf(stage), lacking], () => this.#choose(stage), kind);
    }));
    this.showNeeds();
  }

  /** How much each stage lacks, and the mark of each field that one of them needs, by what is typed. */
  showNeeds() {
    const read = (code) => this.valueOf(code);
    for (const [stage, lacking] of this.lacking) {
      const count = this.#unmet(stage, read).length;
      lacking.textContent = count && stage.outcome !== 'lost' ? ` не хватает: ${count}` : '';
    }
    const rules = this.desk.data.stages.flatMap(({required}) => counting(required, read));
    const needed = new Set(rules.flatMap(({anyOf}) => anyOf));
    for (const field of [...this.editor.editors, ...this.files]) field.isRequired = needed.has(field.field.code);
  }

  /** Rules about fields that this screen does not show are judged by what is stored. */
  #unmet({required, missingFields}, read) {
    const stored = missingFields.map(String);
    return unmet(required, read).filter(({anyOf}) => (
      anyOf.some((code) => read(code) !== undefined) || stored.includes(String(anyOf))));
  }

  #labelOf({code, name, outcome}) {
    if (outcome === 'lost') return 'Сделка проиграна…';
    if (outcome === 'won') return this.shipped ? 'Всё отгружено…' : 'Сделка успешна…';
    return this.shipped && code === NEXT_PART ? 'Отгрузить следующую часть' : `${name} →`;
  }

  #choose(stage) {
    if (stage.outcome === 'lost') return this.#askLoss(stage);
    if (stage.outcome === 'won') return this.desk.act(() => this.#askWon(stage));
    return this.desk.act(() => this.#moveTo(stage));
  }

  async #moveTo(stage, loss = {}) {
    if (!await this.#isReady(stage)) return;
    this.desk.complete({
      wantedStage: stage.code,
      seenVersion: this.desk.data.deal.version,
      lossReason: loss.reason ?? null,
      lossComment: loss.comment ?? null,
    });
  }

  /** Save, and look whether the stage may follow now; else say why not. */
  async #isReady(stage) {
    if (!await this.save()) return false;
    const now = this.desk.data.stages.find((other) => other.code === stage.code);
    if (!now) this.desk.warn(`На стадию «${stage.name}» перейти уже нельзя: сделка изменилась.`);
    else if (now.missing?.length && stage.outcome !== 'lost') this.#showMissing(now);
    else return true;
    return false;
  }

  /** Nobody is asked to confirm what cannot be done yet. */
  async #askWon(stage) {
    if (await this.#isReady(stage)) this.#confirmWon(stage);
  }

  #showMissing(stage) {
    const entries = stage.missing.map((label) => {
      const place = this.files.find((field) => label.includes(field.label)) ?? this.editor.editorNamed(label);
      return h('li', {}, place ? button(label, () => place.focus(), 'link') : `${label} (заполнит другой сотрудник в своей задаче)`);
    });
    this.#openPanel(`Чтобы перейти на стадию «${stage.name}», заполните:`, [h('ul', {class: 'deal-missing'}, entries)]);
  }

  #confirmWon(stage) {
    this.#openPanel('Закрыть сделку как успешную? Изменить её потом будет нельзя.', [
      button('Закрыть как успешную', () => this.desk.act(() => this.#moveTo(stage)), 'success'),
    ]);
  }

  #askLoss(stage) {
    const {input} = this.desk.returned;
    const items = {lossReasons: this.desk.data.lists.lossReasons ?? []};
    const reason = new FieldEditor(
      {code: 'lossReason', label: 'Причина', kind: 'list', list: 'lossReasons', value: input.lossReason}, items);
    const comment = new FieldEditor(
      {code: 'lossComment', label: 'Комментарий', kind: 'longText', value: input.lossComment}, items);
    const lose = () => this.desk.act(async () => {
      reason.showError(reason.read() ? '' : 'Выберите причину проигрыша из списка.');
      if (!reason.read()) return reason.focus();
      return this.#moveTo(stage, {reason: reason.read(), comment: comment.read()});
    });
    this.#openPanel('Сделка проиграна: почему?', [
      h('div', {class: 'deal-grid'}, reason.root, comment.root),
      button('Закрыть как проигранную', lose, 'danger'),
    ]);
    reason.focus();
  }

  #openPanel(title, content) {
    const close = button('Отмена', () => fill(this.panel), 'plain');
    fill(this.panel, h('div', {class: 'deal-confirm', role: 'group', 'aria-label': title, tabindex: -1},
      h('strong', {}, title), content, close));
    this.panel.firstChild.focus({preventScroll: true});
  }
}
