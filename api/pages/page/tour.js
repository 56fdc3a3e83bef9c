// Tour of the desk in five steps: a panel beside the page, which stays usable; offered once per person and browser.

import {button, fill, h} from './parts.js';

/** @type {(me: any) => [string, string, string][]} Selector of what is shown, heading, sentence. */
const stepsOf = (me) => [
  ['.tabs', 'Всё, что ждёт вас', 'Задачи ваши и вашей группы в одной очереди, срочные сверху. Эти кнопки оставляют только часть.'],
  ['.queue:not(:empty), main .empty', 'Взять и открыть', 'Задачу группы сначала «Взять», свою «Открыть»: форма скажет, что в ней сделать. «Передать…» отдаст её коллеге.'],
  ['.search input', 'Найти сделку', 'По номеру, клиенту, ИНН, телефону или договору. Находятся и закрытые сделки.'],
  me.leads.length > 0
    ? ['nav [href="/board"]', 'Воронка', 'Сделки по стадиям: карточку перетаскивают на следующую. Новую заводят рядом, в «Новая сделка».']
    : ['nav [href="/deals"]', 'Сделки', 'Все сделки, которые вам открыты. В карточке видно, что было и чего ждут.'],
  ['.bell', 'Уведомления', 'Здесь всё, что случилось без вас. Там же выбирают, о чём писать на почту.'],
];

/** Show the first step; `done` is called when the tour is left. */
export function startTour(me, done) {
  const steps = stepsOf(me);
  const back = /** @type {HTMLElement | null} */ (document.activeElement);
  const heading = h('h2', {tabindex: '-1'});
  const words = h('p', {});
  const buttons = h('div', {class: 'buttons'});
  const panel = h('section', {class: 'tour', 'aria-label': 'Знакомство'}, heading, words, buttons);
  let at = 0;

  function show(to) {
    at = to;
    const [place, name, sentence] = steps[at];
    unmark();
    const shown = document.querySelector(place);
    shown?.classList.add('toured');
    shown?.scrollIntoView({block: 'center', inline: 'center'});
    heading.textContent = `${at + 1} из ${steps.length}. ${name}`;
    words.textContent = sentence;
    const last = at === steps.length - 1;
    fill(buttons,
      last ? button('Готово', leave, 'main') : button('Дальше', () => show(at + 1), 'main'),
      at > 0 && button('Назад', () => show(at - 1)),
      !last && button('Закончить', leave));
    heading.focus({preventScroll: true});
  }

  function leave() {
    unmark();
    document.removeEventListener('keydown', onKey);
    panel.remove();
    done();
    if (back?.isConnected) back.focus();
    else document.getElementById('view').focus();
  }

  const onKey = ({key}) => key === 'Escape' && !document.querySelector('dialog[open]') && leave();
  document.addEventListener('keydown', onKey);
  document.body.append(panel);
  show(0);
}

const unmark = () => document.querySelectorAll('.toured').forEach((one) => one.classList.remove('toured'));
