// The login of Tasklist is the desk's: whoever has no session here goes there, is told why, and comes back to this place.

let left = false;

function leave(address) {
  if (left) return;
  left = true;
  location.replace(address);
}

angular.module('cam.tasklist.custom').run(['$rootScope', ($rootScope) => {
  $rootScope.$on('authentication.logout.success', () => leave('/login'));
  $rootScope.$on('$locationChangeStart', (event, to, from) => {
    if (!new URL(to).hash.startsWith('#/login')) return;
    event.preventDefault();
    const {pathname, search, hash} = new URL(from);
    const place = new URLSearchParams({next: pathname + search, ended: 'yes'});
    leave(`/login?${place}${hash.startsWith('#/login') ? '' : hash}`);
  });
}]);

export default [];
