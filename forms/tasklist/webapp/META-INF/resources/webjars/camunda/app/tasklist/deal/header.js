// Links from Tasklist's header to the desk, where deals, the whole queue and notifications are.

import {h} from './dom.js';

const PLACES = [['/', 'К исполнению'], ['/deals', 'Сделки'], ['/notifications', 'Уведомления']];

/** Tasklist draws its header anew after every login. */
new MutationObserver(() => {
  const header = document.querySelector('[cam-widget-header] .navbar-header');
  if (!header?.querySelector('.navbar-brand') || header.querySelector('.deal-places')) return;
  header.append(h('nav', {class: 'deal-places', 'aria-label': 'Разделы'}, PLACES.map(([href, name]) => h('a', {href, target: '_self'}, name))));
}).observe(document.body, {childList: true, subtree: true});

export default [];
