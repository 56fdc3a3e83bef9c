// Which screen a form's `step` opens.

import {contract} from './contract.js';
import {correction} from './correction.js';
import {decision} from './decision.js';
import {failure} from './failure.js';
import {onec} from './onec.js';
import {settle} from './settle.js';
import {work} from './work.js';

export const STEPS = {
  work,
  renegotiate: work,
  head: decision,
  accountant: decision,
  lawyer: decision,
  onec,
  correction,
  contract,
  failure,
  settleOnec: settle,
};
