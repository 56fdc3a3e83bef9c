// Values that fields can have: items of universal lists and people of roles, read once for a direction.

import {read} from './deal/api.js';

const known = new Map();

/** Where the values of a field come from; null where it has none of its own. */
export function sourceOf({kind, list, role}) {
  if (kind === 'user') return role ? `role:${role}` : null;
  return list ? `list:${list}` : null;
}

/** The groups with fields that name the source of their values as their list. */
export const named = (groups) => groups.map((group) => ({...group, fields: group.fields.map((field) => ({...field, list: sourceOf(field)}))}));

/** What can be chosen in the fields of a direction, by source; one call for all of them. */
export async function listsOf(direction) {
  if (!known.has(direction)) known.set(direction, bySource(await read(`/directions/${direction}/values`)));
  return known.get(direction);
}

function bySource({lists, people}) {
  const chosen = (items) => items.map(({login, name}) => ({code: login, name}));
  return Object.fromEntries([
    ...Object.entries(lists).map(([code, items]) => [`list:${code}`, items]),
    ...Object.entries(people).map(([code, items]) => [`role:${code}`, chosen(items)]),
  ]);
}
