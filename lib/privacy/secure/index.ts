export { beginMasking, maskingClient } from './client';
export type { MaskingEffect, MaskingParts, MaskingState, MaskingStep } from './client-state';
export { addMasked, applyMask, emptySum, type Mask } from './mask';
export { isReadyToMask, type MaskedUpdate, maskedUpdate } from './masked-update';
export { meanOfSum, type SecureMean } from './mean';
export { beginSecure, mayMask, secureServer } from './server';
export type { SecureAsking, ServerEffect, ServerEvent, ServerState, ServerStep } from './server-state';
export { type SecureOptions, secureSettings, sharesNeeded, type Tolerance, tolerance } from './settings';
export { combine, type Share, split } from './shamir';
