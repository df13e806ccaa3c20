// The example "Voice": who the frozen backbone has heard, who learns the head, and how.
const conv = (filters) => ({ type: 'conv1d', filters, kernelSize: 3, padding: 'same', activation: 'relu' });
const halve = { type: 'max_pool1d', poolSize: 2 };

const frames = 16;
const coefficients = 10;

export const voice = {
  rowsFile: 'voices.csv',
  backboneFile: 'voice-backbone.tflite',
  /** A take is `frames` times `coefficients` numbers of int8. */
  frames,
  coefficients,
  columns: Array.from(
    { length: frames * coefficients },
    (_, i) => `f${Math.floor(i / coefficients)}_c${i % coefficients}`,
  ),
  /** By the alphabet: the first three, the last three. */
  backboneSpeakers: ['george', 'jackson', 'lucas'],
  headSpeakers: ['nicolas', 'theo', 'yweweler'],
  /** Takes 0 to 4 of each digit are held out; a participant learns from the next ten. */
  testTakes: 5,
  learnTakes: 10,
  backbone: {
    layers: [conv(16), halve, conv(16), halve, { type: 'flatten' }],
    training: { epochs: 16, batchSize: 16, optimizer: 'adam', learningRate: 0.002, l2: 0.0005, seed: 1 },
    /** Altered copies of each take. */
    copies: 3,
    scale: 32,
    seed: 1,
  },
};
