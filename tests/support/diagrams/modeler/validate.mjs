// Validates element templates with the validator of Camunda Modeler: standard input is a JSON list
// of templates; prints the messages of errors by id.
import {readFileSync} from 'node:fs';

import {validateAll} from '@bpmn-io/element-templates-validator';

const {results} = validateAll(JSON.parse(readFileSync(0, 'utf8')));
const wrong = results.filter((one) => !one.valid);
process.stdout.write(JSON.stringify(Object.fromEntries(
  wrong.map((one) => [one.object.id ?? '', one.errors.map((error) => error.message)]),
)));
