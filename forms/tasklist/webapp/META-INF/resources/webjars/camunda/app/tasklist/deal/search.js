// Searching in Tasklist's lists: one field for words of the task's name, which has the deal's number and the client.
// Tasklist's 28 criteria are those of its programmers; what else is looked for is found at the desk.
//
// Tasklist makes a number of what looks like one and then treats it as text: «00003» ended in an error and no request
// was sent. What is compared as text stays text.

const NONE = []; // suggestions of criteria; one array, because Tasklist compares by identity
const BY_LIKENESS = /like/i;

/** Kinds of search that know only texts: names, keys, logins; variables may hold numbers. */
function keepTexts(types) {
  for (const type of types) {
    if (type.operators?.some(({key}) => BY_LIKENESS.test(key) || key === 'In') && !type.extended) type.enforceString = true;
  }
}

/** A variable compared by likeness is text, whatever it looks like. */
function keepText(search) {
  if (search.extended) search.enforceString = BY_LIKENESS.test(search.operator.value?.key ?? '');
}

angular.module('cam.tasklist.custom').decorator('camWidgetSearchDirective', ['$delegate', (found) => {
  const [directive] = found;
  const {link} = directive;
  directive.compile = () => (scope, ...rest) => {
    keepTexts(scope.types);
    Object.defineProperty(scope, 'dropdownTypes', {get: () => NONE, set: () => {}}); // it is computed with every search
    scope.$watch('searches', (searches) => searches?.forEach(keepText), true);
    link(scope, ...rest);
  };
  return found;
}]);

export default [];
