// How long a deal has been where it is.

import {plural} from './deal/text.js';

/** «сегодня», «3 дня на стадии». */
export function ageOf(since) {
  const days = Math.floor((Date.now() - new Date(since).getTime()) / 86_400_000);
  return days < 1 ? 'на стадии сегодня' : `${plural(days, 'день', 'дня', 'дней')} на стадии`;
}
