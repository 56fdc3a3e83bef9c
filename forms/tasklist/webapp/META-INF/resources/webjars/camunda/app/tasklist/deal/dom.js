// Building elements without markup strings: data can only ever become text.

/** An element; `on…` attributes are listeners, `true` is a bare attribute, null and false are skipped. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** Append nodes and texts, skipping null and false, flattening lists. */
export function append(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Replace everything in `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return append(parent, children);
}

/** A push button that submits nothing by itself. */
export function button(label, onclick, kind = 'plain', attributes = {}) {
  return h('button', {type: 'button', class: `deal-button deal-${kind}`, onclick, ...attributes}, label);
}

/** «Кто-то: что-то» in large type, easy to mark and to read out. */
export function bigNumber(label, number) {
  return h('p', {class: 'deal-number'}, `${label}: `, h('b', {}, number || 'не указан'));
}

export function section(title, ...children) {
  return h('section', {class: 'deal-section', 'aria-label': title}, h('h3', {}, title), children);
}

/** A message in a coloured frame; kind: info, warning, danger or success. */
export function banner(kind, title, ...children) {
  const role = kind === 'danger' || kind === 'warning' ? 'alert' : 'status';
  return h('div', {class: `deal-banner deal-banner-${kind}`, role}, h('strong', {}, title), children);
}

let lastId = 0;

/** An id for a label or a description that is used once in the page. */
export function uniqueId(prefix) {
  lastId += 1;
  return `deal-${prefix}-${lastId}`;
}
