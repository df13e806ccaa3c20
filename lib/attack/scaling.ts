/**
 * Model replacement (Bagdasaryan et al. 2020, arXiv 1807.00459): gamma (X - G). With gamma = n / eta, n the clients of the
 * round and eta the server's rate, the mean of the round is the attacker's own model X, if the others have nearly converged.
 */
export const scale = (update: Float32Array, gamma: number): Float32Array => update.map((value) => gamma * value);
