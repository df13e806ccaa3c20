/** Keys as people paste them: PEM with or without its lines, or only what stands between them. */
export type KeyKind = 'PRIVATE' | 'PUBLIC';

/** What stands between the first and the last line, without line breaks. */
export const keyBody = (text: string): string => text.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');

/** PEM in its lines. A private key pasted as a public one keeps its name, so that it is refused as such. */
export function toPem(text: string, kind: KeyKind): string {
  const named: KeyKind = /PRIVATE/.test(text) ? 'PRIVATE' : kind;
  const lines = keyBody(text).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${named} KEY-----`, ...lines, `-----END ${named} KEY-----`, ''].join('\n');
}
