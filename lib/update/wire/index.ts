export { decodeWire, type Received } from './decode';
export { encodeWire } from './encode';
export {
  generateKeys,
  importPrivateKey,
  importPublicKey,
  publicKeyOf,
  type Signer,
  type Trust,
  trustList,
} from './keys';
