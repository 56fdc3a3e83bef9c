// Loaded by Tasklist at its start: makes the forms' elements known to the browser.

import {DealForm} from './form.js';
import {followLink} from './link.js';

if (!customElements.get('deal-form')) customElements.define('deal-form', DealForm);

document.documentElement.lang = 'ru'; // Tasklist's page says English; screen readers would read Russian so

followLink();

export default [];
