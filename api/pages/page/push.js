// Notifications that this browser shows also while no page is open: switched on and off, or why they cannot be.

import {call} from './deal/api.js';

const WORKER = '/sw.js';
const SCOPE = '/phone'; // that of the phone page: one worker serves both
const PATIENCE = 20_000; // milliseconds until the browser's push service counts as out of reach
const BRIEF = 3_000; // the same where somebody waits to leave

/** Why this browser cannot show notifications, in words; '' if it can. */
export function hindrance() {
  if (!isSecureContext) return 'Браузер показывает уведомления только сайту с адресом https://. Откройте систему по такому адресу.';
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) {
    return isApple()
      ? 'На iPhone и iPad уведомления приходят только приложению с экрана «Домой»: откройте /phone в Safari, нажмите «Поделиться» → «На экран „Домой“», запустите оттуда и включите здесь.'
      : 'Этот браузер не умеет показывать уведомления сайтов. Возьмите Chrome, Яндекс Браузер, Firefox, Edge или Safari поновее; окно инкогнито тоже не умеет.';
  }
  if (Notification.permission === 'denied') {
    return 'Уведомления этому сайту в браузере запрещены. Разрешите их: значок слева от адреса → «Уведомления»; затем обновите страницу.';
  }
  return '';
}

/** An iPad calls itself a Mac, but has fingers. */
const isApple = () => /iPhone|iPad/.test(navigator.userAgent) || (/Mac OS X/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

/** Id by which the server knows this browser, '' if it is not subscribed. */
export async function thisBrowser() {
  const known = await subscription();
  return known ? idOf(known.endpoint) : '';
}

/** Ask for the permission and subscribe. Throws: Error in words, Trouble. */
export async function switchOn(publicKey) {
  const answer = await Notification.requestPermission();
  if (answer === 'denied') throw new Error(hindrance());
  if (answer !== 'granted') throw new Error('Браузер спросит разрешение ещё раз: нажмите «Включить» и затем «Разрешить».');
  await navigator.serviceWorker.register(WORKER, {scope: SCOPE});
  const {pushManager} = await active();
  const key = bytesOf(publicKey);
  const before = await pushManager.getSubscription();
  if (before && !isSame(before.options.applicationServerKey, key)) await before.unsubscribe();
  const made = await patiently(pushManager.subscribe({userVisibleOnly: true, applicationServerKey: key}), PATIENCE).catch(({name, message}) => {
    console.warn('no subscription', name, message);
    throw new Error('Браузер не получил ответа от своей службы уведомлений. Проверьте связь и повторите; не поможет — возьмите другой браузер.');
  });
  const {endpoint, keys} = made.toJSON();
  try {
    return await call('PUT', '/notifications/browsers', {body: {endpoint, key: keys.p256dh, auth: keys.auth}});
  } catch (trouble) {
    if (!trouble.isUnknown) await made.unsubscribe(); // the page then says what is true
    throw trouble;
  }
}

/** Switch a browser off, this one or another of the person. */
export async function switchOff(id) {
  await call('DELETE', `/notifications/browsers/${id}`);
  const known = await subscription();
  if (known && await idOf(known.endpoint) === id) await known.unsubscribe();
}

/** Show nothing more of the person who leaves this browser: the push service then refuses it, whatever the server still knows. */
export async function silence() {
  try {
    await patiently(subscription().then((known) => known?.unsubscribe()), BRIEF);
  } catch ({name, message}) {
    console.warn('still subscribed', name, message);
  }
}

async function subscription() {
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE);
  return registration?.pushManager?.getSubscription() ?? null;
}

/** The registration, once its worker runs: a browser subscribes no earlier. */
async function active() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  const coming = registration.installing ?? registration.waiting;
  if (!registration.active && coming) {
    await new Promise((resolve) => {
      coming.addEventListener('statechange', () => ['activated', 'redundant'].includes(coming.state) && resolve());
    });
  }
  return registration;
}

async function idOf(endpoint) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const patiently = (promise, patience) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error('the push service is silent')), patience);
})]);

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
const isSame = (one, other) => one && String(new Uint8Array(one)) === String(other);
