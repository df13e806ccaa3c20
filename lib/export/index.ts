export { exportModel } from './export-model';
export {
  type ExportedFile,
  type ExportFormat,
  type ExportJob,
  type ExportReport,
  type ExportResult,
  exportFormats,
  type FileReport,
  type LeftOut,
  type TakesFeatures,
} from './job';
export type { Comparison, Figures } from './measure';
export { type RangeMethod, rangeMethods } from './ranges';
export { saveFiles } from './save-files';
