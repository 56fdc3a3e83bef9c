// Page of lists, absences, reassignment, employees and document templates; the address hash selects the view.

import {showAbsences} from './absences.js';
import {Trouble, read} from './deal/api.js';
import {showList, showLists} from './items.js';
import {start} from './page.js';
import {fill, h} from './parts.js';
import {forgetPeople} from './people.js';
import {showTasks} from './reassignment.js';
import {showStaff} from './staff.js';
import {showTemplates} from './templates.js';
import {turnAt} from './turns.js';

start(async ({view, me, first, failed}) => {
  const desk = {admin: me.roles.some((role) => role.code === 'portalAdmins'), lists: first.items};
  const tabs = h('nav', {class: 'tabs', 'aria-label': 'Списки и назначения'});
  const content = h('div', {});
  fill(view, h('h1', {}, 'Списки и назначения'), h('div', {class: 'heading'}, tabs, !desk.admin && h('p', {class: 'quiet'}, 'Только просмотр')), content);

  async function show() {
    const [name, code] = location.hash.slice(1).split('/').map(decodeURIComponent);
    forgetPeople();
    const known = [['lists', 'Списки'], ['absences', 'Отсутствия'], ...(desk.admin ? [['tasks', 'Открытые задачи'], ['people', 'Сотрудники'], ['templates', 'Шаблоны']] : [])];
    fill(tabs, known.map(([to, label]) => h('a', {href: `#${to}`, 'aria-current': to === (name || 'lists') ? 'page' : null}, label)));
    const mayShow = turnAt(content, {instead: true});
    const place = h('div', {}); // of this visit: what its buttons load later does not appear in another view
    try {
      if (name === 'absences') await showAbsences(place, desk);
      else if (name === 'tasks' && desk.admin) await showTasks(place, desk, code);
      else if (name === 'people' && desk.admin) await showStaff(place);
      else if (name === 'templates' && desk.admin) await showTemplates(place);
      else if (name === 'lists' && code) await showList(place, desk, code);
      else await showLists(place, desk);
      if (mayShow()) fill(content, place);
    } catch (trouble) {
      if (mayShow() || !(trouble instanceof Trouble)) failed(trouble);
    }
  }

  addEventListener('hashchange', show);
  await show();
}, () => read('/lists'));
