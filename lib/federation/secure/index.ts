export { createMasker, type Masker, type MaskerEvent, type MaskerParts } from './masker';
export { secureDefaults } from './options';
export { createTurns, type Turns } from './turns';
