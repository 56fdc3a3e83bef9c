// Values that fields can have: items of universal lists and people of roles, each read once.

import {read} from './deal/api.js';

const known = new Map();

/** Where the values of a field come from; null where it has none of its own. */
export function sourceOf({kind, list, role}) {
  if (kind === 'user') return role ? `role:${role}` : null;
  return list ? `list:${list}` : null;
}

/** The groups with fields that name the source of their values as their list. */
export const named = (groups) => groups.map((group) => ({...group, fields: group.fields.map((field) => ({...field, list: sourceOf(field)}))}));

/** Active values by source, of all fields that can be edited. */
export async function listsOf(groups) {
  const wanted = groups.flatMap(({fields}) => fields).filter((field) => field.editable !== false).map(({list}) => list).filter(Boolean);
  await Promise.all([...new Set(wanted)].map(async (source) => {
    if (!known.has(source)) known.set(source, await valuesOf(source));
  }));
  return Object.fromEntries(known);
}

async function valuesOf(source) {
  const [kind, code] = source.split(':');
  if (kind === 'role') {
    const {items} = await read(`/roles/${code}/people`);
    return items.map(({login, name}) => ({code: login, name}));
  }
  const {items} = await read(`/lists/${code}`);
  return items.filter(({active}) => active);
}
