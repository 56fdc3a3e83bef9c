// What a stage requires, judged by what is typed: the rules are the catalog's, the server has the last word.

const isFilled = (value) => value !== null && value !== undefined && value !== '';

function holds({field, oneOf, length, filled}, read) {
  const value = read(field);
  if (filled) return isFilled(value);
  if (length !== null) return typeof value === 'string' && value.length === length;
  return (Array.isArray(value) ? value : [value ?? null]).some((one) => oneOf.includes(one));
}

/** The rules that count now; `read` gives the value of a field by its code. */
export const counting = (rules, read) => rules.filter(({when, unless}) => (
  (!when || holds(when, read)) && !(unless && holds(unless, read))));

/** The rules of which no field is filled. */
export const unmet = (rules, read) => counting(rules, read).filter(({anyOf}) => !anyOf.some((code) => isFilled(read(code))));
