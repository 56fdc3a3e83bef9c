// Entry point: loads the caller, shows the view that the address hash selects.

import {read, forgetPeople} from '/lists/calls.js';
import {fill, h} from '/lists/parts.js';
import {showList, showLists} from '/lists/items.js';
import {showAbsences} from '/lists/absences.js';
import {showTasks} from '/lists/tasks.js';

const view = document.getElementById('view');
const desk = {admin: false, lists: []};

async function start() {
  const me = await read('/me');
  desk.admin = me.roles.some((role) => role.code === 'portalAdmins');
  desk.lists = (await read('/lists')).items;
  document.getElementById('who').textContent = desk.admin ? me.name : `${me.name}, только просмотр`;
  addEventListener('hashchange', show);
  await show();
}

async function show() {
  const [name, code] = location.hash.slice(1).split('/').map(decodeURIComponent);
  forgetPeople();
  tabs(name || 'lists');
  try {
    if (name === 'absences') await showAbsences(view, desk);
    else if (name === 'tasks' && desk.admin) await showTasks(view, desk, code);
    else if (name === 'lists' && code) await showList(view, desk, code);
    else await showLists(view, desk);
  } catch (trouble) {
    failed(trouble);
  }
}

function tabs(current) {
  const known = [['lists', 'Списки'], ['absences', 'Отсутствия'], ...(desk.admin ? [['tasks', 'Открытые задачи']] : [])];
  const links = known.map(([name, label]) => h('a', {href: `#${name}`, 'aria-current': name === current ? 'page' : null}, label));
  fill(document.getElementById('views'), ...links);
}

function failed(trouble) {
  fill(view, h('p', {class: 'bad', role: 'alert'}, trouble.message),
    h('button', {type: 'button', onclick: () => location.reload()}, 'Повторить'));
}

start().catch(failed);
