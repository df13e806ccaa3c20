/** What fl-export sends. */
import type { ExportReport, ExportResult } from '../../lib/export';
import type { GlobalModel } from '../shared/global-model';
import type { FlowMessage } from '../shared/red';

/** One message for each file; `paths`: where they were saved, in the same order. */
export function fileMessages(
  result: ExportResult,
  global: GlobalModel,
  base: FlowMessage,
  paths: readonly string[] | undefined,
): FlowMessage[] {
  const { fl, ...rest } = base;
  return result.files.map(({ format, name, bytes }, i) => ({
    ...rest,
    topic: 'fl/export',
    payload: Buffer.from(bytes),
    filename: paths?.[i] ?? name,
    export: {
      federation: global.federation,
      round: global.trained,
      format,
      name,
      bytes: bytes.length,
      ...(result.report.leftOut && { bytesLeftOut: result.report.leftOut.bytes[i] }),
    },
  }));
}

export interface ReportPayload extends ExportReport {
  federation: string;
  round: number;
  /** Where the files are; absent: they were not saved. */
  paths?: string[];
  /** Models that were due and replaced by a newer one before their turn. */
  skipped: number;
  durationMs: number;
}

export const kilobytes = (bytes: number): string =>
  bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
