// Order of answers: one that comes late is not shown over a later one.

const turns = new WeakMap(); // place → numbers of the last turn taken and of the last one shown

/**
 * Take a turn at what a place shows, before asking the server for it. The returned function is called with the answer
 * at hand and tells whether to show it: not when that of a later turn is shown already.
 * @param {object} place what is filled
 * @param {{instead?: boolean}} [how] `instead`: the person chose something else, so the answers to earlier turns are of no use
 */
export function turnAt(place, {instead = false} = {}) {
  const order = turns.get(place) ?? {taken: 0, shown: 0};
  turns.set(place, order);
  const mine = order.taken += 1;
  if (instead) order.shown = mine;
  return () => {
    if (mine < order.shown) return false;
    order.shown = mine;
    return true;
  };
}
