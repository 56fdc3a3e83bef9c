// Keyboard focus in Tasklist: kept in the list of tasks, kept out of what is for reading only.
//
// Every ten seconds Tasklist draws its list anew, and who walks through it by keyboard was thrown back to the top of the
// page. The same entry of the new list gets the focus that the old one had.

const ENTRIES = '.tasks-list a[href*="task="]';
const READ_ONLY = '.task-card .meta [cam-widget-inline-field]:not([inert])'; // due date and assignee: the process's matter
let last = null; // the entry with the focus, its address, and its number among entries of that address

/** @returns {HTMLElement[]} */
const withAddress = (address) => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(ENTRIES))]
  .filter((entry) => entry.getAttribute('href') === address);

window.addEventListener('focus', ({target}) => {
  if (!(target instanceof HTMLElement)) return;
  const address = target.matches(ENTRIES) ? target.getAttribute('href') : null;
  last = address && {entry: target, address, at: withAddress(address).indexOf(target)};
}, {capture: true}); // Tasklist's libraries keep `focusin` for themselves

new MutationObserver(() => {
  for (const field of document.querySelectorAll(READ_ONLY)) field.toggleAttribute('inert', true);
  if (!last || last.entry.isConnected || document.activeElement !== document.body) return;
  withAddress(last.address)[last.at]?.focus({preventScroll: true});
}).observe(document.body, {childList: true, subtree: true});

export default [];
