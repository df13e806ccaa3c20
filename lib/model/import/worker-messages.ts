import type { ImportedModel, ImportWish } from './translate';

export interface NamedFile {
  name: string;
  bytes: Uint8Array;
}
export interface ImportRequest {
  /** The model file first, then what it may refer to. */
  files: NamedFile[];
  wish: ImportWish;
}
/** `code` is that of a RefusedError. */
export type ImportReply = { model: ImportedModel } | { code?: string; message: string };
