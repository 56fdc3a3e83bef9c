// The browser's end of Web Push on Node's own cryptography: decrypts messages (RFC 8291) and checks who sent them (RFC 8292).
// Reads {privateKey, auth, received: [{body, authorization, origin}]} from stdin, writes what each message says.

import {createDecipheriv, createECDH, createPublicKey, hkdfSync, verify} from 'node:crypto';
import {readFileSync} from 'node:fs';

const bytes = (text) => Buffer.from(text, 'base64url');
const {privateKey, auth, received} = JSON.parse(readFileSync(0, 'utf8'));
const own = createECDH('prime256v1');
own.setPrivateKey(bytes(privateKey));

function decrypted(body) {
  const salt = body.subarray(0, 16);
  const recordSize = body.readUInt32BE(16);
  const sender = body.subarray(21, 21 + body[20]);
  const content = body.subarray(21 + body[20]);
  if (content.length > recordSize) throw new Error('more than one record');
  const derived = (secret, from, about, length) => Buffer.from(hkdfSync('sha256', secret, from, about, length));
  const about = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), sender]);
  const shared = derived(own.computeSecret(sender), bytes(auth), about, 32);
  const cipher = createDecipheriv('aes-128-gcm', derived(shared, salt, 'Content-Encoding: aes128gcm\0', 16),
    derived(shared, salt, 'Content-Encoding: nonce\0', 12));
  cipher.setAuthTag(content.subarray(-16));
  const plain = Buffer.concat([cipher.update(content.subarray(0, -16)), cipher.final()]);
  const end = plain.lastIndexOf(2);
  if (end < 0 || plain.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no last record');
  return plain.subarray(0, end).toString('utf8');
}

function claims(authorization) {
  const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization);
  const [head, body, signature] = token.split('.');
  const point = bytes(key);
  const jwk = {kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url')};
  const signed = verify('sha256', Buffer.from(`${head}.${body}`), {key: createPublicKey({key: jwk, format: 'jwk'}), dsaEncoding: 'ieee-p1363'}, bytes(signature));
  if (!signed) throw new Error('the signature is wrong');
  return {...JSON.parse(bytes(head)), ...JSON.parse(bytes(body)), key};
}

process.stdout.write(JSON.stringify(received.map(({body, authorization}) => (
  {message: JSON.parse(decrypted(Buffer.from(body, 'base64'))), claims: claims(authorization)}))));
