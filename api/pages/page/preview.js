// Preview of a stored PDF or picture in a dialog; other types are downloaded.
//
// Types are those that the server has checked by content. A picture is an image element, which runs nothing; the answer with a
// PDF forbids it to load anything, and PDF with scripts are refused when they are uploaded.

import {button, h} from './parts.js';

/** Let the file links within `root` open the dialog; a click with a modifier key still opens a tab. */
export function previewFiles(root) {
  root.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-preview]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    show(link);
  });
}

function show(link) {
  const [address, name] = [link.getAttribute('href'), link.dataset.name];
  const trouble = h('p', {class: 'bad', role: 'alert', hidden: true}, 'Показать файл не удалось. Скачайте его или обновите страницу.');
  const content = link.dataset.preview === 'application/pdf'
    ? h('iframe', {src: address, title: `Документ «${name}»`, referrerpolicy: 'no-referrer'})
    : h('div', {class: 'photo', tabindex: 0, role: 'region', 'aria-label': `Изображение «${name}»`},
      h('img', {src: address, alt: name, onerror: () => { trouble.hidden = false; }}));
  const dialog = h('dialog', {class: 'preview', 'aria-labelledby': 'preview-name', onclose: () => { dialog.remove(); link.focus(); }},
    h('div', {class: 'heading'}, h('h2', {id: 'preview-name'}, name), h('div', {class: 'actions'},
      h('a', {class: 'button', href: address.replace(/\?.*/, ''), download: name}, 'Скачать'),
      h('a', {class: 'button', href: address, target: '_blank', rel: 'noopener'}, 'В новой вкладке'),
      button('Закрыть', () => dialog.close(), 'main'))),
    trouble, content);
  document.body.append(dialog);
  dialog.showModal();
}
