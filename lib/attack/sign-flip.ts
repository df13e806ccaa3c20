/** The update turned round: -factor u. With a factor above (1 - share) / share the mean goes backwards. */
export const signFlip = (update: Float32Array, factor: number): Float32Array => update.map((value) => -factor * value);
