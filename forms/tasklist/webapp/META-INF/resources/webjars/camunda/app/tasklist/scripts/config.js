// Settings of Tasklist: Russian only, our brand, what we mend in it, our elements and tab.
export default {
  app: {name: 'Задачи', vendor: 'P.I.T.'},
  dateFormat: {normal: 'LLL', long: 'LLLL', abbr: 'lll', short: 'LL'},
  locales: {availableLocales: ['ru'], fallbackLocale: 'ru'},
  customScripts: ['deal/requests', 'deal/session', 'deal/search', 'deal/counts', 'deal/facts', 'deal/notices', 'deal/focus', 'deal/header',
    'deal/elements', 'deal/after', 'deal/tab'],
  disableWelcomeMessage: true,
  shortcuts: {
    claimTask: {key: 'ctrl+alt+c', description: 'взять выбранную задачу в работу'},
    focusFilter: {key: 'ctrl+shift+f', description: 'перейти к фильтрам'},
    focusList: {key: 'ctrl+alt+l', description: 'перейти к списку задач'},
    focusForm: {key: 'ctrl+alt+f', description: 'перейти к первому полю формы'},
  },
};
