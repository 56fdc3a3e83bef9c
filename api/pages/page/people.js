// Members of roles, for choosing an employee.

import {read} from './deal/api.js';

const people = new Map();

/** Active members of a role, cached until the view changes. */
export function peopleOf(role) {
  if (!people.has(role)) people.set(role, read(`/roles/${role}/people`));
  return people.get(role);
}

export const forgetPeople = () => people.clear();
