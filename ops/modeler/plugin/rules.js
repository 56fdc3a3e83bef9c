/**
 * Lint rules for the canvas of Camunda Modeler: those rules of the gate that need nothing but the
 * diagram and the contract that the kit was built with. A rule has the name of the gate's rule with
 * hyphens; a test compares what both find in some hundred faulty diagrams.
 *
 * Plain CommonJS without imports, so that the Modeler loads it as it is.
 */

const PLUGIN = 'deals';
const NULL = '${null}';

const kindOf = (node) => node.$type.slice('bpmn:'.length).replace(/^./, (one) => one.toLowerCase());
const named = (node) => (node.name || '').trim();
const wordsOf = (text) => (text || '').split(/\s+/).filter(Boolean);
const isGateway = (node) => node.$instanceOf('bpmn:Gateway');
const flowsBeside = (node) => elementsOf(node.$parent).filter((one) => one.$type === 'bpmn:SequenceFlow');
const outgoing = (node) => flowsBeside(node).filter((flow) => flow.sourceRef === node);
const incoming = (node) => flowsBeside(node).filter((flow) => flow.targetRef === node);
const isQuestion = (node) => kindOf(node) === 'exclusiveGateway' && outgoing(node).length > 1;
const elementsOf = (scope) => scope.flowElements || [];
const nodesOf = (scope) => elementsOf(scope).filter((one) => one.$instanceOf('bpmn:FlowNode'));
const isScope = (one) => one.$instanceOf('bpmn:Process') || one.$instanceOf('bpmn:SubProcess');
const isEventSubProcess = (node) => kindOf(node) === 'subProcess' && node.triggeredByEvent === true;
const extensionsOf = (node) => (node.extensionElements && node.extensionElements.values) || [];
const setting = (node, name) => node.get(`camunda:${name}`);
const kindsOfEvents = (node) => (node.eventDefinitions || []).map(
  (one) => kindOf(one).replace(/EventDefinition$/, ''),
);

/** Parameters of a step as name → text. */
function parametersOf(node, side) {
  const found = extensionsOf(node).find((one) => one.$type === 'camunda:InputOutput');
  return new Map(((found && found[side]) || []).map((one) => [one.name, (one.value || '').trim()]));
}

const inputsOf = (node) => parametersOf(node, 'inputParameters');

/** Error codes that boundary events catch; null among them means every code. */
function caughtBy(node) {
  const scope = node.$parent;
  return nodesOf(scope)
    .filter((one) => kindOf(one) === 'boundaryEvent' && one.attachedToRef === node)
    .flatMap((one) => one.eventDefinitions || [])
    .filter((one) => one.$type === 'bpmn:ErrorEventDefinition')
    .map((one) => (one.errorRef && one.errorRef.errorCode) || null);
}

/** Texts with how often they occur. */
function counted(texts) {
  const found = new Map();
  texts.forEach((text) => found.set(text, (found.get(text) || 0) + 1));
  return found;
}

/** The rules: name → function (element, report, contract), called with every element. */
const RULES = {
  'label-required'(node, report) {
    if (!node.$instanceOf('bpmn:FlowNode')) return;
    if ((!isGateway(node) || isQuestion(node)) && !named(node)) report(node, 'нет подписи; подпишите');
  },

  'task-label-is-verb-and-object'(node, report, {tasks, infinitive, emptyVerbs}) {
    if (!tasks.includes(kindOf(node))) return;
    const words = wordsOf(node.name);
    if (!words.length) return;
    const lower = words[0] === words[0].toLowerCase();
    if (words.length < 2 || !new RegExp(infinitive).test(words[0]) || lower) {
      report(node, `«${node.name}»: напишите действие и предмет, как «Проверить клиента»`);
    } else if (emptyVerbs.includes(words[0])) {
      report(node, `«${words[0]}» слишком общее слово; назовите саму работу`);
    }
  },

  'event-label-is-state'(node, report, {infinitive}) {
    const events = ['startEvent', 'endEvent', 'boundaryEvent', 'intermediateCatchEvent'];
    if (!events.includes(kindOf(node))) return;
    const [first] = wordsOf(node.name);
    if (first && new RegExp(infinitive).test(first)) {
      report(node, `«${node.name}»: напишите предмет и состояние, как «Клиент отклонён»`);
    }
  },

  'gateway-label-is-question'(node, report) {
    if (!node.$instanceOf('bpmn:Gateway') || !node.name) return;
    if (!isQuestion(node)) {
      report(node, 'уберите подпись: она бывает только у развилки с вопросом');
    } else if (!node.name.endsWith('?')) {
      report(node, `«${node.name}»: задайте вопрос, который кончается знаком «?»`);
    }
  },

  'gateway-flows-labeled'(node, report) {
    if (!node.$instanceOf('bpmn:Gateway') || !isQuestion(node)) return;
    outgoing(node).filter((flow) => !named(flow)).forEach(
      (flow) => report(flow, `нет подписи; напишите ответ на вопрос «${node.name || ''}»`),
    );
    counted(outgoing(node).map(named)).forEach((count, name) => {
      if (name && count > 1) report(node, `два ответа «${name}»; назовите ответы по-разному`);
    });
  },

  'labels-not-technical'(node, report, {technical}) {
    const labeled = ['bpmn:FlowNode', 'bpmn:SequenceFlow'].some((type) => node.$instanceOf(type));
    if (labeled && new RegExp(technical).test(node.name || '')) {
      report(node, `«${node.name}»: пишите словами дела, а не именами из программы`);
    }
  },

  'ids-descriptive'(node, report, {idPrefixes}) {
    const prefix = idPrefixes[kindOf(node)];
    if (prefix && !new RegExp(`^${prefix}_[A-Z][A-Za-z0-9]+$`).test(node.id)) {
      report(node, `назовите идентификатор ${prefix}_ и по-английски, как ${prefix}_ClientAdded`);
    }
  },

  'end-names-unique'(scope, report) {
    if (!isScope(scope)) return;
    const ends = nodesOf(scope).filter((one) => kindOf(one) === 'endEvent');
    const names = counted(ends.map((one) => one.name || ''));
    ends.filter((one) => one.name && names.get(one.name) > 1).forEach(
      (one) => report(one, `два конца «${one.name}»; соедините их или назовите по-разному`),
    );
  },

  'only-known-kinds'(node, report, {kinds}) {
    if (node.$instanceOf('bpmn:FlowNode') && !kinds.includes(kindOf(node))) {
      report(node, `элемент ${kindOf(node)} не используется; нарисуйте задачами и простыми развилками`);
    }
  },

  'single-start'(scope, report) {
    if (!isScope(scope)) return;
    const starts = nodesOf(scope).filter((one) => kindOf(one) === 'startEvent');
    if (starts.length !== 1) report(scope, `начал ${starts.length}; нарисуйте ровно одно`);
  },

  'end-required'(scope, report) {
    if (isScope(scope) && !nodesOf(scope).some((one) => kindOf(one) === 'endEvent')) {
      report(scope, 'нет конца; нарисуйте по одному на каждый итог');
    }
  },

  'nothing-disconnected'(node, report) {
    if (!node.$instanceOf('bpmn:FlowNode') || isEventSubProcess(node)) return;
    const begins = ['startEvent', 'boundaryEvent'].includes(kindOf(node));
    if (!begins && !incoming(node).length) report(node, 'сюда ничто не ведёт; соедините или удалите');
    if (kindOf(node) !== 'endEvent' && !outgoing(node).length) {
      report(node, 'отсюда ничто не ведёт дальше; доведите путь до конца');
    }
  },

  'no-implicit-split'(node, report) {
    if (!node.$instanceOf('bpmn:FlowNode') || isGateway(node)) return;
    const flows = outgoing(node);
    if (flows.length > 1 || flows.some((flow) => flow.conditionExpression)) {
      report(node, 'путь раздваивается без развилки; поставьте её');
    }
  },

  'no-fake-join'(node, report) {
    if (node.$instanceOf('bpmn:FlowNode') && !isGateway(node) && incoming(node).length > 1) {
      report(node, 'пути сходятся без соединения; поставьте его перед шагом');
    }
  },

  'no-join-and-split'(node, report) {
    if (node.$instanceOf('bpmn:Gateway') && incoming(node).length > 1 && outgoing(node).length > 1) {
      report(node, 'и соединяет, и разделяет; нарисуйте два элемента');
    }
  },

  'no-superfluous-gateway'(node, report) {
    if (node.$instanceOf('bpmn:Gateway') && incoming(node).length === 1 && outgoing(node).length === 1) {
      report(node, 'ничего не соединяет и не разделяет; удалите');
    }
  },

  'no-duplicate-flows'(flow, report) {
    if (!flow.$instanceOf('bpmn:SequenceFlow') || !flow.sourceRef || !flow.targetRef) return;
    const same = outgoing(flow.sourceRef).filter((one) => one.targetRef === flow.targetRef);
    if (same.length > 1) {
      report(flow, `${flow.sourceRef.id} и ${flow.targetRef.id} соединены дважды; оставьте одну стрелку`);
    }
  },

  'choices-complete'(node, report) {
    if (!isQuestion(node)) return;
    if (!outgoing(node).includes(node.default)) {
      report(node, 'нет ответа по умолчанию; отметьте тот, что верен во всех прочих случаях');
    }
    outgoing(node).forEach((flow) => {
      const isDefault = node.default === flow;
      if (isDefault === Boolean(flow.conditionExpression)) {
        const fault = isDefault ? 'у ответа по умолчанию условие' : 'нет условия';
        report(flow, `${fault}; у ответа по умолчанию его нет, у всех других есть`);
      }
    });
  },

  'events-in-place'(node, report, {events}) {
    const allowed = events[kindOf(node)];
    if (!allowed) return;
    const [kind] = kindsOfEvents(node);
    if (!allowed.includes(kind || 'None') || kindsOfEvents(node).length > 1) {
      report(node, `событие вида «${kind || 'без вида'}» здесь не используется; уберите его`);
    }
  },

  'service-tasks-external'(node, report) {
    if (kindOf(node) !== 'serviceTask') return;
    if (setting(node, 'type') !== 'external' || !setting(node, 'topic')) {
      report(node, 'выберите исполнение «External» и тему');
    }
  },

  'call-activities-bound'(node, report) {
    if (kindOf(node) !== 'callActivity') return;
    const keys = extensionsOf(node).map((one) => one.businessKey).filter(Boolean);
    if (keys.length !== 1 || !/^[$#]\{execution\.processBusinessKey\}$/.test(keys[0])) {
      report(node, 'передайте бизнес-ключ #{execution.processBusinessKey}');
    }
    if (setting(node, 'calledElementBinding') !== 'deployment') {
      report(node, 'привяжите вызываемый процесс к развёртыванию (deployment)');
    }
  },

  'called-process-known'(node, report, {processes}) {
    if (kindOf(node) === 'callActivity' && !processes.includes(node.calledElement)) {
      report(node, 'вызывает процесс, которого нет среди схем; исправьте имя или соберите набор заново');
    }
  },

  'parallel-joins-asynchronous'(node, report) {
    if (kindOf(node) !== 'parallelGateway' || incoming(node).length < 2) return;
    if (setting(node, 'asyncBefore') !== true || setting(node, 'exclusive') === false) {
      report(node, 'отметьте соединение «asynchronous before» и «exclusive»');
    }
  },

  'candidate-groups-required'(node, report) {
    if (kindOf(node) === 'userTask' && !(setting(node, 'candidateGroups') || '').trim()) {
      report(node, 'нет группы; укажите её, чтобы задачу всегда мог кто-то взять');
    }
  },

  'groups-known'(node, report, {roles}) {
    if (kindOf(node) !== 'userTask') return;
    const known = [...roles, '${headsGroup}', '${assigneeGroup}'];
    (setting(node, 'candidateGroups') || '').split(',').map((one) => one.trim()).filter(Boolean)
      .filter((one) => !known.includes(one))
      .forEach((one) => report(node, `роли «${one}» нет; роли: ${roles.join(', ')}`));
  },

  'due-date-required'(node, report) {
    if (kindOf(node) === 'userTask' && !setting(node, 'dueDate')) {
      report(node, 'нет срока исполнения; поставьте ${dueAt}, иначе никто не напомнит');
    }
  },

  'form-required'(node, report, {formPrefix}) {
    if (kindOf(node) === 'userTask' && !(setting(node, 'formKey') || '').startsWith(formPrefix)) {
      report(node, `нет формы; поставьте ${formPrefix}<файл>.html`);
    }
  },

  'forms-fit'(node, report, {forms, formPrefix, decidedBy}) {
    if (kindOf(node) !== 'userTask') return;
    const key = setting(node, 'formKey') || '';
    const name = key.startsWith(formPrefix) ? key.slice(formPrefix.length) : key;
    const submits = forms[name];
    if (!submits) {
      report(node, `формы ${name} нет; выберите шаблон задачи`);
      return;
    }
    const inputs = inputsOf(node);
    const awaited = [...inputs.keys()].filter((one) => inputs.get(one) === NULL && one !== decidedBy);
    submits.filter((one) => !awaited.includes(one)).forEach(
      (one) => report(node, `${name} отправляет ${one}: объявите этот вход как \${null}`),
    );
    awaited.filter((one) => !submits.includes(one)).forEach(
      (one) => report(node, `${name} не отправляет ${one}: уберите этот вход и его выход`),
    );
  },

  'completing-user-recorded'(node, report, {complete, decidedBy}) {
    if (kindOf(node) !== 'userTask') return;
    const listens = extensionsOf(node).some((one) => one.$type === 'camunda:TaskListener'
      && one.event === 'complete' && one.expression === complete);
    if (!listens) report(node, `нет слушателя завершения; добавьте ${complete}`);
    if (inputsOf(node).get(decidedBy) !== NULL) report(node, `объявите вход ${decidedBy} как \${null}`);
  },

  'instructions-required'(node, report) {
    const texts = (node.documentation || []).map((one) => one.text || '');
    if (kindOf(node) !== 'userTask') return;
    if (/[$#]\{/.test(texts.join(''))) {
      report(node, 'в описании выражение; напишите словами, данные сделки покажет форма');
    }
    if (!texts.join('').trim()) report(node, 'нет описания; напишите исполнителю, что сделать');
  },

  'topics-served'(node, report, {topics}) {
    const topic = setting(node, 'topic');
    if (topic && !topics[topic]) report(node, `темы «${topic}» нет у исполнителей; выберите шаблон шага`);
  },

  'inputs-as-declared'(node, report, {topics}) {
    const topic = topics[setting(node, 'topic')];
    if (!topic) return;
    const given = [...inputsOf(node).keys()];
    topic.inputs.filter((one) => !given.includes(one)).forEach(
      (one) => report(node, `шаг читает ${one}; добавьте этот вход`),
    );
    given.filter((one) => !topic.inputs.includes(one)).forEach(
      (one) => report(node, `шаг не читает ${one}; уберите этот вход`),
    );
  },

  'constants-typed'(node, report, {topics}) {
    const topic = topics[setting(node, 'topic')];
    if (!topic) return;
    inputsOf(node).forEach((text, name) => {
      const known = topic.values[name];
      if (!known || text.includes('{')) return;
      const said = known.words ? wordsOf(text) : [text];
      if (!said.length || said.some((one) => !known.values.includes(one))) {
        report(node, `вход ${name} = «${text}» не подходит; нужно: ${known.values.join(', ')}`);
      }
    });
  },

  'bpmn-errors-caught'(node, report, {topics}) {
    const topic = topics[setting(node, 'topic')];
    if (!topic) return;
    const caught = caughtBy(node);
    const missed = caught.includes(null) ? [] : topic.refusals.filter((one) => !caught.includes(one));
    if (missed.length) report(node, `может отказать (${missed.join(', ')}); добавьте событие ошибки на границе`);
    if (caught.length && !topic.refusals.length) report(node, 'шаг не отказывает; уберите событие ошибки');
  },

  'process-attributes-set'(process, report) {
    if (!process.$instanceOf('bpmn:Process')) return;
    if (process.isExecutable !== true) report(process, 'поставьте isExecutable = true');
    if (setting(process, 'isStartableInTasklist') !== false) {
      report(process, 'поставьте isStartableInTasklist = false');
    }
    if (!/^(?:P[1-9]\d{0,4}D|[1-9]\d{0,4})$/.test(setting(process, 'historyTimeToLive') || '')) {
      report(process, 'срок хранения истории пишется днями, как P180D; исправьте его');
    }
    if (!named(process)) report(process, 'у процесса нет названия; дайте его');
  },
};

/** A rule as bpmnlint runs it: one function per element. */
function factory(rule, contract) {
  return () => ({
    check(element, reporter) {
      if (!element.$type.startsWith('bpmn:') || typeof element.get !== 'function') return;
      rule(element, (found, message) => reporter.report(found.id, message), contract);
    },
  });
}

/** Make the rules known to the Modeler, which runs them while somebody draws. */
function register(window, contract) {
  const config = {
    rules: Object.fromEntries(Object.keys(RULES).map((name) => [`${PLUGIN}/${name}`, 'error'])),
  };
  const resolver = {
    resolveRule(pkg, name) {
      if (pkg !== `bpmnlint-plugin-${PLUGIN}` || !Object.hasOwn(RULES, name)) {
        throw new Error(`unknown rule <${pkg}/${name}>`);
      }
      return factory(RULES[name], contract);
    },
    resolveConfig(pkg, name) {
      throw new Error(`unknown config <${pkg}/${name}>`);
    },
  };
  window.plugins = window.plugins || [];
  window.plugins.push({plugin: {config, resolver}, type: 'lintRules.bpmn'});
}

module.exports = {register};
