// The processes of a deal on their diagrams: where the deal stands, what it passed, who did it.

import {Trouble, read} from './deal/api.js';
import {section} from './deal/dom.js';
import {moment, personName} from './deal/text.js';
import {button, fill, h} from './parts.js';
import {turnAt} from './turns.js';

const STATE = {running: 'идёт', completed: 'закончен', canceled: 'прерван'};
const LEGEND = [['now', 'сделка здесь'], ['done', 'пройдено'], ['stopped', 'прервано']];

/** The section; its diagrams are read when it is opened for the first time, and again after `refresh`. */
export function processesOf(dealId) {
  const tabs = h('div', {class: 'tabs', role: 'group', 'aria-label': 'Процессы сделки'});
  const place = h('div', {});
  const root = h('details', {class: 'process', ontoggle: () => { if (root.open && !place.firstChild) load(); }},
    h('summary', {}, 'Схема процесса: где сделка и что произошло'), tabs, place);
  let chosen = null;
  let whole = false;
  let [listed, drawn] = ['', '']; // what is shown, as text: news that change nothing move nothing under the reader

  async function load() {
    if (!place.firstChild) fill(place, h('p', {class: 'quiet', role: 'status'}, 'Загружаем схему…'));
    const mayShow = turnAt(tabs);
    try {
      const {items} = await read(`/deals/${dealId}/processes`);
      if (!mayShow()) return undefined;
      if (!items.length) return void fill(place, h('p', {class: 'quiet'}, 'Процесс ещё не начат, или его история уже удалена.'));
      if (!items.some(({id}) => id === chosen)) chosen = firstOf(items).id;
      if (listed !== JSON.stringify(items)) {
        listed = JSON.stringify(items);
        fill(tabs, items.length > 1 && items.map((one) => button(`${one.name}: ${STATE[one.state]} с ${moment(one.startedAt)}`,
          () => choose(one.id), '', {'aria-pressed': String(one.id === chosen), 'data-process': one.id})));
      }
      await show();
    } catch (trouble) {
      failed(trouble);
    }
    return undefined;
  }

  function failed(trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    drawn = '';
    fill(place, h('p', {class: 'bad', role: 'alert'}, trouble.message, ' ', button('Повторить', load)));
  }

  function choose(id) {
    chosen = id;
    for (const tab of tabs.children) tab.setAttribute('aria-pressed', String(tab.getAttribute('data-process') === id));
    return show().catch(failed);
  }

  async function show() {
    const wanted = chosen;
    const mayShow = turnAt(place);
    const picture = await read(`/deals/${dealId}/processes/${wanted}`);
    if (wanted !== chosen || !mayShow() || drawn === JSON.stringify(picture)) return;
    drawn = JSON.stringify(picture);
    draw(picture);
  }

  function draw(picture) {
    const drawing = document.importNode(new DOMParser().parseFromString(picture.svg, 'image/svg+xml').documentElement, true);
    const frame = h('div', {class: 'picture', role: 'region', 'aria-label': `Схема «${picture.name}»`, tabindex: 0}, drawing);
    frame.classList.toggle('whole', whole);
    const size = button('Схема целиком', () => {
      whole = !whole;
      frame.classList.toggle('whole', whole);
      size.setAttribute('aria-pressed', String(whole));
      if (!whole) goToPosition(frame, picture);
    }, 'small', {'aria-pressed': String(whole)});
    const now = picture.steps.filter(({endedAt}) => !endedAt);
    fill(place,
      h('p', {class: 'legend'}, now.length > 0 && h('span', {}, 'Сейчас: ', h('b', {}, now.map(({name}) => `«${name}»`).join(', '))),
        LEGEND.map(([kind, words]) => h('span', {class: kind}, words)), size),
      frame,
      section(`Шаги: ${picture.name}`,
        !picture.complete && h('p', {class: 'quiet'}, 'Показаны последние шаги: процесс длинный.'),
        picture.steps.length ? h('ol', {class: 'timeline'}, picture.steps.map(stepOf)) : h('p', {class: 'quiet'}, 'Шагов ещё нет.')));
    goToPosition(frame, picture);
  }

  const stepOf = (step) => h('li', {}, h('time', {datetime: step.startedAt}, moment(step.startedAt)),
    h('p', {}, h('b', {}, step.name), step.person && ` · ${personName(step.person)}`,
      step.canceled ? ' · прерван' : step.endedAt ? ` · по ${moment(step.endedAt)}` : h('span', {class: 'now'}, ' · сейчас'),
      step.calledId && [' ', button('Схема этого шага', () => choose(step.calledId), 'link')]));

  return {root, refresh: () => {
    if (root.open) return load();
    drawn = '';
    return fill(place);
  }};
}

/** The process in which something goes on: the last called of those that run; else the last of all. */
const firstOf = (items) => {
  const running = items.filter(({state}) => state === 'running');
  return running.find(({callerId}) => callerId) ?? running[0] ?? items[0];
};

/** Scroll the picture, not the page, to where the deal stands. */
function goToPosition(frame, picture) {
  const now = picture.steps.find(({endedAt}) => !endedAt);
  const node = now && frame.querySelector(`[data-element="${CSS.escape(now.activity)}"]`);
  if (!node) return;
  const [box, view] = [node.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollLeft += box.left - view.left - (view.width - box.width) / 2;
  frame.scrollTop += box.top - view.top - (view.height - box.height) / 2;
}
