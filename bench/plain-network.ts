/**
 * Mini-batch SGD of a network with one hidden ReLU layer and a softmax output, in JavaScript as one writes it with care:
 * typed arrays made once, inner loops over neighbouring numbers, no closures, no allocation in a step.
 */
export function plainNetwork(inputs: number, hidden: number, outputs: number, batch: number, initial: Float32Array) {
  const w1 = initial.slice(0, inputs * hidden);
  const b1 = initial.slice(w1.length, w1.length + hidden);
  const w2 = initial.slice(w1.length + hidden, w1.length + hidden + hidden * outputs);
  const b2 = initial.slice(initial.length - outputs);
  const g1 = new Float32Array(w1.length);
  const gb1 = new Float32Array(hidden);
  const g2 = new Float32Array(w2.length);
  const gb2 = new Float32Array(outputs);
  const h = new Float32Array(hidden);
  const back = new Float32Array(hidden);
  const z = new Float32Array(outputs);

  function update(weights: Float32Array, gradient: Float32Array, rate: number): void {
    for (let i = 0; i < weights.length; i++) {
      weights[i] -= rate * gradient[i];
      gradient[i] = 0;
    }
  }

  /** One step on the rows order[first] ... ; returns the mean loss. */
  return function step(
    features: Float32Array,
    targets: Float32Array,
    order: Uint32Array,
    first: number,
    rate: number,
  ): number {
    let loss = 0;
    for (let r = 0; r < batch; r++) {
      const row = order[first + r];
      const x = row * inputs;
      for (let o = 0; o < hidden; o++) h[o] = b1[o];
      for (let i = 0; i < inputs; i++) {
        const xi = features[x + i];
        const w = i * hidden;
        for (let o = 0; o < hidden; o++) h[o] += xi * w1[w + o];
      }
      for (let o = 0; o < hidden; o++) if (h[o] < 0) h[o] = 0;
      for (let c = 0; c < outputs; c++) z[c] = b2[c];
      for (let o = 0; o < hidden; o++) {
        const ho = h[o];
        const w = o * outputs;
        for (let c = 0; c < outputs; c++) z[c] += ho * w2[w + c];
      }
      let top = z[0];
      for (let c = 1; c < outputs; c++) if (z[c] > top) top = z[c];
      let sum = 0;
      for (let c = 0; c < outputs; c++) {
        z[c] = Math.exp(z[c] - top);
        sum += z[c];
      }
      const label = targets[row];
      loss -= Math.log(z[label] / sum);
      for (let c = 0; c < outputs; c++) z[c] = (z[c] / sum - (c === label ? 1 : 0)) / batch;
      for (let o = 0; o < hidden; o++) {
        const ho = h[o];
        const w = o * outputs;
        let slope = 0;
        for (let c = 0; c < outputs; c++) {
          g2[w + c] += ho * z[c];
          slope += z[c] * w2[w + c];
        }
        back[o] = ho > 0 ? slope : 0;
      }
      for (let c = 0; c < outputs; c++) gb2[c] += z[c];
      for (let o = 0; o < hidden; o++) gb1[o] += back[o];
      for (let i = 0; i < inputs; i++) {
        const xi = features[x + i];
        const w = i * hidden;
        for (let o = 0; o < hidden; o++) g1[w + o] += xi * back[o];
      }
    }
    update(w1, g1, rate);
    update(b1, gb1, rate);
    update(w2, g2, rate);
    update(b2, gb2, rate);
    return loss / batch;
  };
}
