/**
 * The admin route behind the keys in the dialogue: without a key it makes a pair, with a private key it gives the public
 * one. Keeps nothing: the private key becomes a credential of the node when the user deploys. Each node with keys asks for it:
 * the first answers for all.
 */
import { generateKeys, publicKeyOf } from '../../lib/update/wire';
import { keyBody, toPem } from './pem';
import type { Red } from './red';
import { sentenceOf } from './refusals';

export function registerKeys(RED: Red): void {
  RED.httpAdmin.post('/fl-tinyml/wire/key', RED.auth.needsPermission('fl.write'), (request, response) => {
    try {
      const body: unknown = request.body;
      const given = typeof body === 'object' && body !== null && 'privateKey' in body ? body.privateKey : undefined;
      if (typeof given === 'string' && given !== '') {
        response.json({ publicKey: keyBody(publicKeyOf(toPem(given, 'PRIVATE'))) });
        return;
      }
      const { privateKey, publicKey } = generateKeys();
      response.json({ privateKey: keyBody(privateKey), publicKey: keyBody(publicKey) });
    } catch (thrown) {
      response.status(400).json({ error: sentenceOf(thrown).message });
    }
  });
}
