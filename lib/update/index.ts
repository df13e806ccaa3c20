export type { Codec, Coder, Narrowed, Selector } from './codecs/codec';
export { checkOrder, type Operation } from './codecs/composition';
export { type QuantizeMethod, quantizeUpdate } from './codecs/methods';
export type { QuantizeOptions } from './codecs/quantize';
export { applyCodec, codecs, decodeAll, operations } from './codecs/registry';
export type { SparsifyOptions } from './codecs/sparsify';
export type {
  CodecStep,
  DeclineHeader,
  FederationHeader,
  Header,
  InviteHeader,
  JoinHeader,
  Kind,
  LocalRule,
  Message,
  ModelHeader,
  Notes,
  PrivacyClaim,
  SamplesHeader,
  SecureAnswer,
  SecureHeader,
  SecureRequest,
  SecureSettings,
  SecureStep,
  StatisticsHeader,
  StatisticsRequestHeader,
  TensorSizes,
  UpdateHeader,
} from './message';
export { type RefusalCode, refusals } from './refusals';
export { parseHeader, parseMessage } from './validate';
export { readVector, requireFinite, vectorPayload, vectorSize } from './vector';
export * from './wire/index';
