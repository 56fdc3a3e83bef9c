// Runs a built plugin of Camunda Modeler as the Modeler does, without its window: argv has the
// script of the plugin; standard input is JSON, name → BPMN as XML; prints name → findings;
// a diagram of which the Modeler would leave parts out is left out as a whole.
import {readFileSync} from 'node:fs';
import {runInNewContext} from 'node:vm';

import {BpmnModdle} from 'bpmn-moddle';
import bpmnlint from 'bpmnlint';

const camunda = JSON.parse(readFileSync(
  new URL('../../../../node_modules/camunda-bpmn-moddle/resources/camunda.json', import.meta.url),
));
const window = {};
runInNewContext(readFileSync(process.argv[2], 'utf8'), {window});
const {plugin} = window.plugins.find((one) => one.type === 'lintRules.bpmn');
const moddle = new BpmnModdle({camunda});
const found = {};

for (const [name, xml] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const {rootElement, warnings} = await moddle.fromXML(xml);
  if (warnings.some(({message}) => message.startsWith('unparsable content'))) {
    continue;
  }
  const reports = await new bpmnlint.Linter(plugin).lint(rootElement);
  found[name] = Object.entries(reports).flatMap(([rule, all]) => all.map(
    ({id, message, category}) => ({rule: rule.split('/')[1], element: id, message, category}),
  ));
}
process.stdout.write(JSON.stringify({rules: Object.keys(plugin.config.rules), found}));
