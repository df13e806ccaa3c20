/** How large a model may be: generous for a gateway, small enough that a hostile file cannot exhaust it. */
export const limits = {
  layers: 64,
  parameters: 16 * 1024 * 1024,
  /** Numbers that one layer gives for one sample. */
  activations: 16 * 1024 * 1024,
  /** One dimension of a shape, kernel or stride. */
  dimension: 1024 * 1024,
  labels: 1000,
  /** Of the file of a frozen backbone. */
  backboneBytes: 1024 * 1024,
} as const;
