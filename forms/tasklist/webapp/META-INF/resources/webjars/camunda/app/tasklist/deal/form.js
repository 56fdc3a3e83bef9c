// <deal-form step="…" submits="…">: one task of a deal, from loading to completion.

import {Trouble, loadTask} from './api.js';
import {summaryOf} from './card.js';
import {banner, button, fill, h} from './dom.js';
import {Draft} from './draft.js';
import {STEPS} from './steps/index.js';

const READ = ['formError', 'formErrorCode', 'returnedInput', 'operatorComment',
  'failedStep', 'failureReason', 'failureSince', 'failureTriedAt', 'formDetails', 'deliveryReason', 'deliveryBy',
  'runOpenedAt', 'partsShipped', 'enteredNumber', 'enteredAt', 'differenceText', 'differenceDetails', 'differenceMark',
  'numberUnconfirmed', 'onecNumber', 'step', 'repairAnswer', 'repairReason', 'similarProducts']; // process variables
const FOUR_EYES = 'FOUR_EYES'; // the refusal after which somebody else must do the task
const QUIET = 'submission prevented'; // the message on which Tasklist shows no notification
const LOST = 'ANSWER_LOST'; // the code of an answer by which nobody knows what was done
const OVER = /^TASK_/; // codes of a task that somebody has done, changed or taken: the words say which
const PATIENCE = 8000; // milliseconds
const CLOSED = 'deal-help'; // the browser's note that the person closed the help
const NEWS = [800, 2000, 4000]; // milliseconds after completion
const ALREADY = 'Задача уже изменена: кто-то завершил её или перевёл сделку. Обновите список задач.';

export class DealForm extends HTMLElement {
  #camForm;
  #scope;
  #outgoing = null;
  #busy = false;
  #answer = 0; // timer that runs while Tasklist owes an answer
  #claimNote = h('div', {});
  #fields = h('fieldset', {class: 'deal-desk'});
  #status = h('p', {class: 'deal-status', role: 'status', 'aria-live': 'polite'});
  #alert = h('p', {class: 'deal-status deal-late', role: 'alert'});

  /** What GET /tasks/{id} answered last. */
  data = null;
  /**
   * What a refused task came back with: a sentence, and what the person had sent. `details` are also there
   * before, where 1C refused a number by night.
   */
  returned = {error: null, title: '', input: {}, details: {}};
  /** Why the 1C operator sent the requisites back. */
  operatorComment = '';
  draft = null;

  /** Called by the form's script with what Tasklist gives to embedded forms. */
  attach(camForm, scope) {
    this.#camForm = camForm;
    this.#scope = scope;
    this.draft = new Draft(this.login, camForm.taskId);
    for (const name of READ) camForm.variableManager.fetchVariable(name);
    const variables = new Promise((resolve) => { camForm.on('variables-applied', resolve); });
    camForm.on('submit', () => this.#putVariables());
    camForm.on('submit-success', () => this.#done());
    camForm.on('submit-kept', () => this.#kept());
    camForm.on('submit-failed', (form, [error]) => this.#failed(error));
    scope.$watch('options.disableForm', () => this.#showClaim());
    fill(this, h('p', {class: 'deal-quiet', role: 'status'}, 'Загружаем карточку сделки…'));
    this.#open(variables);
  }

  /** Login of the person at the screen. */
  get login() {
    return this.#scope.$root.authentication?.name ?? '';
  }

  get step() {
    return this.getAttribute('step');
  }

  /** A process variable, of those that forms read; null without one. */
  variable(name) {
    return this.#camForm.variableManager.variable(name)?.value ?? null;
  }

  /** A process variable that is a JSON object; empty without one. */
  object(name) {
    return objectOf(this.variable(name));
  }

  /** What the person has typed: in this browser, or in the try that was refused. */
  get typed() {
    return {...this.returned.input, ...this.draft.read()};
  }

  /** Keep more of what is being typed. */
  keep(more) {
    this.draft.write({...this.draft.read(), ...more});
  }

  /** Read the task again; the step puts the news on the screen itself. */
  async refresh() {
    this.data = await loadTask(this.#camForm.taskId);
    return this.data;
  }

  /** A quiet word beside the buttons. */
  say(text) {
    this.#status.textContent = text;
    this.#alert.textContent = '';
  }

  /** A loud word beside the buttons, read out at once. */
  warn(text) {
    this.#alert.textContent = text;
    this.#status.textContent = '';
  }

  /** Run one action at a time; a second click meanwhile does nothing. Troubles are shown in words. */
  async act(action) {
    if (this.#busy) return;
    this.#setBusy(true);
    try {
      await action();
    } catch (trouble) {
      this.warn(trouble instanceof Trouble ? trouble.message
        : 'В форме ошибка, действие не выполнено. Введённое сохранено: обновите страницу и повторите.');
      if (!(trouble instanceof Trouble)) throw trouble;
    } finally {
      if (!this.#outgoing) this.#setBusy(false);
    }
  }

  /**
   * Complete the task with exactly the variables the form declares in `submits`. A task that waits since an
   * earlier deployment has the form of that time, which declares fewer: what is empty anyway is left out.
   */
  complete(all) {
    const declared = (this.getAttribute('submits') ?? '').split(/\s+/).filter(Boolean).sort();
    const variables = Object.fromEntries(Object.entries(all)
      .filter(([name, value]) => value !== null || declared.includes(name)));
    const given = Object.keys(variables).sort();
    if (declared.join() !== given.join()) throw new Error(`form submits [${declared}] but was given [${given}]`);
    this.#outgoing = variables;
    this.#setBusy(true);
    this.say('Отправляем…');
    this.#answer = setTimeout(() => this.#unanswered(), PATIENCE);
    this.#scope.$applyAsync(() => this.#scope.complete());
  }

  async #open(variables) {
    try {
      const [data] = await Promise.all([loadTask(this.#camForm.taskId), variables]);
      this.data = data;
    } catch (trouble) {
      if (!(trouble instanceof Trouble)) throw trouble;
      fill(this, banner('danger', 'Карточка не загрузилась.', h('p', {}, trouble.message),
        button('Повторить', () => this.#open(variables))));
      return;
    }
    const read = (name) => this.variable(name);
    const forOthers = read('formErrorCode') === FOUR_EYES;
    this.returned = {
      error: read('formError'),
      title: forOthers ? 'Задача вернулась в группу' : 'Задача вернулась к вам',
      input: forOthers ? {} : objectOf(read('returnedInput')),
      details: {...objectOf(read('differenceDetails')), ...(read('formError') ? objectOf(read('formDetails')) : {})},
    };
    this.operatorComment = read('operatorComment') ?? '';
    this.#show();
  }

  #show() {
    const {main, bar, banners = []} = STEPS[this.step](this);
    fill(this.#fields, main,
      h('div', {class: 'deal-bar'}, bar, h('div', {class: 'deal-words'}, this.#status, this.#alert)));
    fill(this,
      this.returned.error
        ? banner('warning', this.returned.title, h('p', {class: 'deal-said'}, this.returned.error)) : null,
      banners, this.#claimNote, summaryOf(this.data), helpOf(this.data.task), this.#fields);
    this.#showClaim();
    // On a phone Tasklist opens the task below its lists and stays at the top.
    if (matchMedia('(max-width: 842px)').matches) this.closest('.task-card')?.scrollIntoView();
  }

  #showClaim() {
    const locked = Boolean(this.#scope.options?.disableForm);
    this.#fields.disabled = locked;
    if (!locked || !this.data) return void fill(this.#claimNote);
    const taken = this.data.task.assignee && !this.data.task.mine;
    fill(this.#claimNote, taken
      ? banner('info', 'Задача в работе у другого сотрудника: вы можете только смотреть.')
      : banner('info', 'Чтобы действовать, возьмите задачу в работу. ',
        button('Взять в работу', () => this.#scope.$root.$broadcast('shortcut:claimTask'), 'primary')));
  }

  #setBusy(busy) {
    this.#busy = busy;
    this.classList.toggle('deal-busy', busy);
    for (const control of this.querySelectorAll('.deal-bar button')) {
      control.setAttribute('aria-disabled', String(busy));
    }
  }

  /** Tasklist is about to send: our variables and nothing else, or, on a bare Ctrl+Enter, nothing at all. */
  #putVariables() {
    const manager = this.#camForm.variableManager;
    if (!this.#outgoing) {
      this.#camForm.submitPrevented = true;
      this.warn('Выберите действие: нажмите одну из кнопок под карточкой.');
      return;
    }
    for (const name of manager.variableNames()) manager.destroyVariable(name);
    for (const [name, value] of Object.entries(this.#outgoing)) {
      manager.createVariable({name, type: typeof value === 'number' ? 'Integer' : 'String', value});
    }
  }

  #done() {
    clearTimeout(this.#answer);
    this.draft.clear();
    fill(this, banner('success', 'Готово, задача завершена.'));
    this.#scope.$root.$broadcast('deal:done', {taskId: this.#camForm.taskId, dealId: this.data.deal.id});
    // The next task, or this one refused by a system step, comes a moment after Tasklist has read its list.
    for (const wait of NEWS) setTimeout(() => this.#scope.$root.$broadcast('refresh'), wait);
  }

  /** Stored on this device, to be sent when there is a network; the draft stays until then. */
  #kept() {
    clearTimeout(this.#answer);
    fill(this, banner('info', 'Сохранено в телефоне. Отправим, когда появится связь.'));
  }

  async #failed(error) {
    if (!this.#outgoing) return;
    const words = wordsOf(error);
    const code = error?.response?.body?.code ?? '';
    if (error) error.message = QUIET; // told beside the buttons, Tasklist need not cover them with it
    if (code === LOST) return void this.#unanswered();
    this.#release(words);
    if (OVER.test(code)) this.#scope.$root.$broadcast('refresh');
    else if (await this.#state() === 'gone') this.warn(ALREADY);
  }

  /** Nobody knows whether the task was completed: look, and say what was found. */
  async #unanswered() {
    this.say('Ответа пока нет, проверяем, завершилась ли задача…');
    const state = await this.#state();
    if (!this.#outgoing) return; // the answer came meanwhile
    if (state === 'gone') return void this.#done();
    this.#release(state === 'open'
      ? 'Ответ не дошёл, задача ещё открыта. Введённое на месте, нажмите кнопку ещё раз.'
      : 'Нет связи с сервером. Введённое сохранено в этом браузере, нажмите кнопку ещё раз, когда связь появится.');
  }

  #release(words) {
    clearTimeout(this.#answer);
    this.#outgoing = null;
    this.#setBusy(false);
    this.warn(words);
  }

  /** "open", "gone" or, without an answer, "unknown". */
  async #state() {
    try {
      await loadTask(this.#camForm.taskId);
      return 'open';
    } catch (trouble) {
      return trouble instanceof Trouble && trouble.status === 404 ? 'gone' : 'unknown';
    }
  }
}

/** A JSON object of the process: a variable of bytes, which the engine gives in base64. */
function objectOf(value) {
  if (value === null) return {};
  try {
    const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

/** What the task asks for, as its diagram says; who knows it by heart closes it for good. */
function helpOf({description}) {
  if (!description) return null;
  const keep = ({target}) => (target.open ? localStorage.removeItem(CLOSED) : localStorage.setItem(CLOSED, 'closed'));
  return h('details', {class: 'deal-help', open: !localStorage.getItem(CLOSED), ontoggle: keep},
    h('summary', {}, 'Что нужно сделать'), h('p', {}, description));
}

/** Why Tasklist could not complete the task, in words for the person. */
function wordsOf(error) {
  const message = String(error?.message ?? '');
  if (/[А-Яа-я]/.test(message)) return message;
  if (error?.status === 401 || /unauthori[sz]ed/i.test(message)) {
    return 'Сеанс завершён. Войдите снова: введённое сохранено в этом браузере.';
  }
  return 'Не получилось завершить задачу. Введённое сохранено, нажмите кнопку ещё раз; если не поможет, '
    + 'обновите список задач.';
}
