// Taking a task, giving it back, giving it to a colleague.

import {ENGINE, call, newKey, post, read} from './deal/api.js';
import {ask, field, h, say, select} from './parts.js';

/** Take a free task; throws, and says so, when somebody was faster. */
export async function take(task, login) {
  try {
    await call('POST', `/task/${encodeURIComponent(task.id)}/claim`, {base: ENGINE, body: {userId: login}});
  } catch (trouble) {
    say(trouble.message, 'bad');
    throw trouble;
  }
}

export async function giveBack(task) {
  try {
    await post(`/tasks/${task.id}/return`);
    say('Задача снова свободна для группы.');
  } catch (trouble) {
    say(trouble.message, 'bad');
  }
}

/** Ask to whom and why. Resolves to whether the task was given. */
export async function delegate(task) {
  let items;
  try {
    ({items} = await read(`/tasks/${task.id}/colleagues`));
  } catch (trouble) {
    say(trouble.message, 'bad');
    return false;
  }
  if (!items.length) {
    say('В этой роли больше никого нет. Обратитесь к администратору портала.', 'bad');
    return false;
  }
  const key = newKey();
  let tries = 0;
  const content = h('div', {class: 'grid'},
    field('Кому', select([['', 'выберите'], ...items.map((one) => [one.login, `${one.name}, ${one.role}`])]), {name: 'person', required: true}),
    field('Почему', h('input', {type: 'text', maxlength: 500, autocomplete: 'off'}), {name: 'reason', required: true, hint: 'Увидит коллега, останется в истории сделки.'}));
  const done = await ask(`Передать: ${task.name}`, content, {
    yes: 'Передать',
    send: ({elements}) => {
      tries += 1;
      return post(`/tasks/${task.id}/delegate`, {person: elements.person.value, reason: elements.reason.value.trim()}, `${key}-${tries}`);
    },
  });
  if (done) say(`Задача передана: ${items.find((one) => one.login === done.assignee)?.name ?? done.assignee}.`);
  return Boolean(done);
}
