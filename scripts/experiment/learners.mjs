// How the clients of a cell learn: the gateway's own way, or what settings.personal asks for.

/** { learnerOf?, figures? }: see federate.mjs; `figures(shared)` may add figures of the cell once the federation has ended. */
export function learnersOf() {
  return {};
}
