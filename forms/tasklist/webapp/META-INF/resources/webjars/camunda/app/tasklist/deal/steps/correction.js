// The manager's screen when the 1C operator sent the requisites back.

import {banner, button, h} from '../dom.js';
import {CardScreen} from '../screen.js';
import {isSaid} from '../text.js';

export function correction(desk) {
  const screen = new CardScreen(desk, 'requisites');
  const finish = () => desk.act(async () => {
    if (await screen.save()) desk.complete({});
  });
  return {
    banners: [
      isSaid(desk.operatorComment)
        ? banner('warning', 'Оператор 1С просит исправить реквизиты', h('p', {class: 'deal-said'}, desk.operatorComment)) : null,
      screen.restored,
    ],
    main: screen.main,
    bar: [screen.saving, button('Реквизиты исправлены', finish, 'success')],
  };
}
