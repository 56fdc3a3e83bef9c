// Hosts a task's form outside Tasklist: gives it what Tasklist gives to embedded forms, over the same addresses.

import {ENGINE, Trouble, call} from './deal/api.js';
import {DealForm} from './deal/form.js';
import {h} from './deal/dom.js';

if (!customElements.get('deal-form')) customElements.define('deal-form', DealForm);

/**
 * The form of a task, as the deployment of the task's process has it.
 * @param {any} task
 * @param {{login: string, claim: () => Promise<any>, done: () => any, over: () => any,
 *   send?: (variables: any) => Promise<boolean>}} desk `over`: somebody else has done or taken the task; `send` in the place of the
 *   engine: whether the task is done, or waits to be sent
 */
export async function formOf(task, desk) {
  const place = `/task/${encodeURIComponent(task.id)}`;
  const markup = await call('GET', `${place}/deployed-form`, {base: ENGINE, text: true});
  const told = new DOMParser().parseFromString(markup, 'text/html').querySelector('deal-form');
  if (!told) throw new Trouble('У этой задачи нет формы. Откройте её в Tasklist.');
  const form = /** @type {DealForm} */ (h('deal-form', {step: told.getAttribute('step'), submits: told.getAttribute('submits')}));
  const host = new Host(task, desk, place);
  form.attach(host, host.scope);
  await host.readVariables();
  return form;
}

/** Stands for both objects that Tasklist's form SDK hands to a form: the form, and its scope. */
class Host {
  #heard = {};
  #watching = [];
  #variables = new Map();

  constructor(task, desk, place) {
    this.taskId = task.id;
    this.submitPrevented = false;
    this.desk = desk;
    this.place = place;
    const variables = this.#variables;
    this.variableManager = {
      fetchVariable: (name) => variables.set(name, null),
      variable: (name) => variables.get(name),
      variableNames: () => [...variables.keys()],
      destroyVariable: (name) => variables.delete(name),
      createVariable: ({name, type, value}) => variables.set(name, {type, value}),
    };
    this.scope = {
      $root: {authentication: {name: desk.login}, $broadcast: (event) => this.#asked(event)},
      options: {disableForm: !task.mine},
      $watch: (_, seen) => this.#watching.push(seen),
      $applyAsync: (act) => setTimeout(act),
      complete: () => this.#complete(),
    };
  }

  on(event, listener) {
    (this.#heard[event] ??= []).push(listener);
  }

  async readVariables() {
    const names = [...this.#variables.keys()].join(',');
    const found = await call('GET', `${this.place}/form-variables?deserializeValues=false&variableNames=${names}`, {base: ENGINE});
    for (const [name, variable] of Object.entries(found)) this.#variables.set(name, variable);
    this.#tell('variables-applied');
  }

  #tell(event, ...more) {
    for (const listener of this.#heard[event] ?? []) listener(this, more);
  }

  async #asked(event) {
    if (event !== 'shortcut:claimTask') return;
    await this.desk.claim();
    this.scope.options.disableForm = false;
    for (const seen of this.#watching) seen();
  }

  async #complete() {
    this.submitPrevented = false;
    this.#tell('submit');
    if (this.submitPrevented) return;
    const variables = Object.fromEntries([...this.#variables].map(([name, {type, value}]) => [name, {type, value}]));
    let isDone = true;
    try {
      if (this.desk.send) isDone = await this.desk.send(variables);
      else await call('POST', `${this.place}/submit-form`, {base: ENGINE, body: {variables}});
    } catch (trouble) {
      const code = trouble.isUnknown ? 'ANSWER_LOST' : trouble.code;
      this.#tell('submit-failed', {message: trouble.message, status: trouble.status, response: {body: {code}}});
      if (/^TASK_/.test(code)) this.desk.over();
      return;
    }
    this.#tell(isDone ? 'submit-success' : 'submit-kept');
    this.desk.done();
  }
}
