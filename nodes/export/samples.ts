/** Samples for ranges and for the comparison. Those marked as held out are compared when there are others for the ranges. */
import { type SampleBank, sampleBank, samplesFrom, shapeOf } from '../../lib/data';
import { inputSize, type ModelSpec, targetWidth } from '../../lib/model';
import type { SampleBlock } from '../../lib/training';
import { isKind } from '../shared/global-model';
import { createPasses } from '../shared/passes';
import type { FlowMessage } from '../shared/red';

/** More make an export slow and its ranges no better: of more that come an even choice is kept. */
const MOST_FOR_RANGES = 2000;
const MOST_COMPARED = 20_000;
const MOST_BYTES = 64 * 2 ** 20;

const hasOwnLabel = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'label');

function isLabelled(msg: FlowMessage, width: number): boolean {
  if (isKind(msg, 'samples')) return msg.fl.targets === width;
  const { payload, label } = msg;
  if (label !== undefined && label !== null) return true;
  return Array.isArray(payload) ? payload.some(hasOwnLabel) : hasOwnLabel(payload);
}

/**
 * The samples of a message as they come. Labels are welcome, not needed: where there is none the targets are NaN. Throws
 * RefusedError.
 */
export function blockOf(msg: FlowMessage, spec: ModelSpec): SampleBlock {
  const shape = shapeOf(spec, targetWidth(spec));
  if (shape.targetWidth === 0 || isLabelled(msg, shape.targetWidth)) return samplesFrom(msg, shape);
  const block = samplesFrom(msg, { ...shape, targetWidth: 0 });
  return { ...block, targets: new Float32Array(block.count * shape.targetWidth).fill(Number.NaN) };
}

export interface ExportSamples {
  /** `block`: what blockOf made of the message, as the layers of the model take it. */
  take(msg: FlowMessage, block: SampleBlock): void;
  clear(): void;
  /** How many there are for the ranges. */
  readonly count: number;
  /** undefined: fewer than `wanted`. */
  enough(wanted: number): { calibration: SampleBlock; check?: SampleBlock } | undefined;
}

function keep(spec: ModelSpec, capacity: number) {
  const { targetWidth: targets } = shapeOf(spec, targetWidth(spec));
  const bank: SampleBank = sampleBank({
    width: inputSize(spec),
    targetWidth: targets,
    capacity,
    maxBytes: MOST_BYTES,
    eviction: 'reservoir',
    seed: 1,
  });
  const passes = createPasses();
  return {
    bank,
    take(msg: FlowMessage, block: SampleBlock): void {
      const admission = passes.admit(isKind(msg, 'samples') ? msg.fl : undefined, bank.count > 0);
      if (admission === 'skip') return;
      if (admission === 'replace') bank.clear();
      bank.add(block);
    },
  };
}

export function exportSamples(spec: ModelSpec): ExportSamples {
  const ranges = keep(spec, MOST_FOR_RANGES);
  const heldOut = keep(spec, MOST_COMPARED);
  const heldOutForRanges = keep(spec, MOST_FOR_RANGES);
  return {
    take(msg, block) {
      if (isKind(msg, 'samples') && msg.fl.split === 'test') {
        heldOut.take(msg, block);
        heldOutForRanges.take(msg, block);
      } else ranges.take(msg, block);
    },
    clear() {
      for (const { bank } of [ranges, heldOut, heldOutForRanges]) bank.clear();
    },
    get count() {
      return Math.max(ranges.bank.count, heldOutForRanges.bank.count);
    },
    enough(wanted) {
      const check = heldOut.bank.count > 0 ? heldOut.bank.block() : undefined;
      const isEnough = (bank: SampleBank): boolean => bank.count >= Math.min(wanted, bank.capacity);
      if (isEnough(ranges.bank)) return { calibration: ranges.bank.block(), check };
      if (isEnough(heldOutForRanges.bank)) return { calibration: heldOutForRanges.bank.block() };
      return undefined;
    },
  };
}
