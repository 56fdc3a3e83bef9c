// The manager's screen when the 1C operator sent something back: requisites, or name and codes of a product.

import {banner, button, h} from '../dom.js';
import {CardScreen} from '../screen.js';
import {isSaid} from '../text.js';

/** `first`: the field group that is corrected. */
const SCREENS = {
  correction: {first: 'requisites', asked: 'Оператор 1С просит исправить реквизиты', done: 'Реквизиты исправлены'},
  correctProduct: {first: 'productIdentity', asked: 'Оператор 1С просит исправить карточку', done: 'Карточка исправлена'},
};

export function correction(desk) {
  const {first, asked, done} = SCREENS[desk.step];
  const screen = new CardScreen(desk, first);
  const finish = () => desk.act(async () => {
    if (await screen.save()) desk.complete({});
  });
  return {
    banners: [
      isSaid(desk.operatorComment) ? banner('warning', asked, h('p', {class: 'deal-said'}, desk.operatorComment)) : null,
      screen.restored,
    ],
    main: screen.main,
    bar: [screen.saving, button(done, finish, 'success')],
  };
}
