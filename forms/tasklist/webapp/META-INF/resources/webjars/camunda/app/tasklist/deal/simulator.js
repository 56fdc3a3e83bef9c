// «Создать в 1С»: in the demo a document is created where the operator would go to 1C.

import {createInOnec} from './api.js';
import {button} from './dom.js';

/** The button that creates the task's document and fills in its number; null where 1C is a real one. */
export function creatingOf(desk, number) {
  if (!desk.data.onecIsSimulated || !number) return null;
  let made = null;
  const create = () => desk.act(async () => {
    // While the number of the last one stands in the line, a further press would leave it without a deal.
    if (!made || number.said !== made.number) {
      desk.say('Создаём в имитаторе 1С…');
      made = await createInOnec(desk.data.task.id);
      number.box.value = made.number;
      number.box.dispatchEvent(new Event('input'));
    }
    desk.say(`${made.title} ${made.number}: создано в имитаторе 1С, номер внесён в поле.`);
  });
  return button('Создать в 1С', create, 'plain', {title: 'Только в показе: вместо настоящей 1С отвечает имитатор'});
}
