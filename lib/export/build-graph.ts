/** From stages to a graph: with float32 numbers, or with codes. */
import { refuse } from '../model/reader';
import type { Graph, GraphOperator, GraphTensor } from './graph';
import { asQuantisation, fixedGrids, type Grid, gridOf, quantiseWeights } from './quantise';
import type { Range } from './ranges';
import type { Stage } from './stages';

export interface GraphNames {
  name: string;
  description: string;
}

/** What the codes of an int8 file are chosen by. */
export interface Ranges {
  input: Range;
  /** Of the stages that have a `measured`, in their order. */
  stages: readonly Range[];
}

/** A network being put together. */
function assembly(input: GraphTensor) {
  const tensors: GraphTensor[] = [input];
  const operators: GraphOperator[] = [];
  const add = (tensor: GraphTensor): number => tensors.push(tensor) - 1;
  let last = 0;
  return {
    add,
    /** `constants`: tensors that the operator reads beside the output of the one before. */
    append(stage: Stage, constants: readonly number[], output: GraphTensor): void {
      const to = add(output);
      const shape =
        stage.options.kind === 'reshape'
          ? [
              add({
                name: `${stage.name}/shape`,
                type: 'int32',
                shape: [stage.shape.length],
                data: Int32Array.from(stage.shape),
              }),
            ]
          : [];
      operators.push({
        name: stage.operator,
        inputs: [last, ...constants, ...shape],
        output: to,
        options: stage.options,
      });
      last = to;
    },
    graph: ({ name, description }: GraphNames): Graph => {
      if (operators.length === 0) refuse('The model has no layer that computes anything; add a dense layer.');
      return { name, description, tensors, operators, input: 0, output: last };
    },
  };
}

export function floatGraph(inputShape: readonly number[], stages: readonly Stage[], names: GraphNames): Graph {
  const network = assembly({ name: 'input', type: 'float32', shape: [1, ...inputShape] });
  for (const stage of stages) {
    const { name, learned, shape } = stage;
    const constants = learned
      ? [
          network.add({ name: `${name}/weights`, type: 'float32', shape: learned.shape, data: learned.values }),
          network.add({
            name: `${name}/bias`,
            type: 'float32',
            shape: [learned.bias.length],
            data: learned.bias,
          }),
        ]
      : [];
    network.append(stage, constants, { name, type: 'float32', shape });
  }
  return network.graph(names);
}

/** The codes of a stage's output. */
function gridAfter(stage: Stage, before: Grid, ranges: Iterator<Range>): Grid {
  if (stage.measured) {
    const { value, done } = ranges.next();
    if (done) throw new Error('There are fewer ranges than stages that need one.');
    return gridOf(value);
  }
  const { operator } = stage;
  return operator === 'SOFTMAX' || operator === 'LOGISTIC' || operator === 'TANH' ? fixedGrids[operator] : before;
}

/** Input and output are int8 too. */
export function int8Graph(
  inputShape: readonly number[],
  stages: readonly Stage[],
  ranges: Ranges,
  names: GraphNames,
): Graph {
  let grid = gridOf(ranges.input);
  const network = assembly({
    name: 'input',
    type: 'int8',
    shape: [1, ...inputShape],
    quantisation: asQuantisation(grid),
  });
  const measured = ranges.stages[Symbol.iterator]();
  for (const stage of stages) {
    const { name, learned, shape } = stage;
    const into = gridAfter(stage, grid, measured);
    const constants: number[] = [];
    if (learned) {
      // Boards' fully connected kernels with a scale for each output are silently wrong.
      const perTensor = stage.operator === 'FULLY_CONNECTED';
      const { weights, weightScale, bias, biasScale } = quantiseWeights(learned, grid, into, perTensor);
      const zeros = weightScale.map(() => 0);
      constants.push(
        network.add({
          name: `${name}/weights`,
          type: 'int8',
          shape: learned.shape,
          data: weights,
          quantisation: { scale: weightScale, zeroPoint: zeros, axis: perTensor ? 0 : learned.axis },
        }),
        network.add({
          name: `${name}/bias`,
          type: 'int32',
          shape: [bias.length],
          data: bias,
          quantisation: { scale: biasScale, zeroPoint: zeros, axis: 0 },
        }),
      );
    }
    network.append(stage, constants, { name, type: 'int8', shape, quantisation: asQuantisation(into) });
    grid = into;
  }
  return network.graph(names);
}
