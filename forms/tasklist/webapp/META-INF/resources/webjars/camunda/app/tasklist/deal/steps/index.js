// Which screen a form's `step` opens.

import {contract} from './contract.js';
import {correction} from './correction.js';
import {decision} from './decision.js';
import {delivery} from './delivery.js';
import {clarify, replan} from './direction.js';
import {driver} from './driver.js';
import {failure} from './failure.js';
import {item, onec, realization} from './onec.js';
import {picking} from './picking.js';
import {product} from './product.js';
import {repair} from './repair.js';
import {tracking} from './tracking.js';
import {upd} from './upd.js';
import {verdict} from './verdict.js';
import {work} from './work.js';

export const STEPS = {
  work,
  renegotiate: work,
  decision,
  head: decision, // a task that waits since an earlier deployment, as the next two
  accountant: decision,
  lawyer: decision,
  onec,
  correction,
  correctProduct: correction,
  contract,
  realization,
  upd,
  picking,
  driver,
  carrier: delivery,
  ownDelivery: delivery,
  pickup: delivery,
  branchSend: delivery,
  branchAccept: delivery,
  branchDiscrepancy: verdict,
  tracking,
  receipt: delivery,
  clarify,
  replan,
  overrideOnec: verdict,
  settleOnec: verdict,
  failure,
  receive: work,
  diagnosis: repair,
  warranty: repair,
  cost: repair,
  repair,
  check: repair,
  handover: repair,
  product: work,
  duplicates: product,
  item,
  placeTrial: product,
  assessTrial: product,
};
