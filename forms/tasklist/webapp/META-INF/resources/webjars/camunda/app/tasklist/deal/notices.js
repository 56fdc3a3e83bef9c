// What Tasklist tells people above its page: sentences of the server as they are, and nothing of the program's insides.

const RUSSIAN = /[А-Яа-яЁё]/;
const SOURCE = /^(<[\w ]+> <- )+/; // Tasklist's own note where an error came from

const bare = (text) => (typeof text === 'string' ? text.replace(SOURCE, '') : text);

/** One notice in words for a person; the same sentence is not said twice. */
function told(notice) {
  const status = bare(notice.status);
  const message = bare(notice.message);
  const worth = typeof message !== 'string' || (RUSSIAN.test(message) && message !== status);
  return Object.assign(notice, {status, message: worth ? message : ''});
}

const tasklist = angular.module('cam.tasklist.custom');

tasklist.decorator('Notifications', ['$delegate', (notifications) => {
  const add = notifications.add.bind(notifications);
  notifications.add = (notice) => add(told(notice));
  return notifications;
}]);

// Tasklist looks up a sentence of the server as if it were the name of one of its own, and shows nothing when there is
// no such name. A Russian sentence needs no translation.
tasklist.decorator('$translate', ['$delegate', '$q', ($translate, $q) => new Proxy($translate, {
  apply: (target, self, [id, ...rest]) => (
    typeof id === 'string' && RUSSIAN.test(id) ? $q.resolve(bare(id)) : target.apply(self, [id, ...rest])),
})]);

export default [];
