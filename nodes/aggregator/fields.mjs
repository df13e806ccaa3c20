import { checkbox, choice, html, keyed, model, name, number, shownWhen, text, title } from '../shared/form/fields.mjs';

const adaptive = 'fedadagrad,fedadam,fedyogi';
const someClients = 'sampler=random,round-robin,weighted,power-of-choice,availability';
const quarantined = `<div class="form-row">
  <label><span data-i18n="label.quarantineList"></span></label>
  <div id="fl-aggregator-quarantine" style="display: inline-block; width: 70%; vertical-align: top"></div>
</div>`;

/** A parameter that has a default of its own where it is left empty. */
const parameter = (field, value, range, looks) => number(field, value, range, { empty: true, unit: true, ...looks });

const strategy = [
  choice(
    'strategy',
    keyed(
      ...['option', 'fedavg', 'fedsgd', 'fedprox', 'scaffold', 'fednova', 'feddyn', 'fedavgm'],
      ...['fedadagrad', 'fedadam', 'fedyogi', 'qfedavg', 'ifca', 'clustered'],
    ),
    { recheck: ['optimizer', 'clipNorm', 'option', 'proximal'], icon: 'sliders' },
  ),
  parameter('mu', '0.01', '[0, 1e6]', { when: 'strategy=fedprox' }),
  choice(
    'option',
    [
      ['2', 'option.controlSteps'],
      ['1', 'option.controlGradient'],
    ],
    { when: 'strategy=scaffold' },
  ),
  parameter('alpha', '0.01', '(0, 1e6]', { when: 'strategy=feddyn' }),
  // The q of the paper: names of one letter are the editor's own.
  parameter('fairness', '1', '[0, 100]', { when: 'strategy=qfedavg' }),
  parameter('beta', '0.9', '[0, 1)', { unit: 'unit.kept', when: 'strategy=fedavgm' }),
  parameter('beta1', '', '[0, 1)', {
    unit: { 'strategy=fedadagrad': 'unit.emptyZero', 'strategy=fedadam,fedyogi': 'unit.emptyBeta1' },
    when: `strategy=${adaptive}`,
  }),
  parameter('beta2', '0.99', '[0, 1)', { unit: 'unit.kept', when: 'strategy=fedadam,fedyogi' }),
  parameter('tau', '0.001', '(0, 1e6]', { when: `strategy=${adaptive}` }),
  parameter('serverLearningRate', '', '(0, 1e6]', {
    unit: {
      'strategy=scaffold,fedavgm': 'unit.emptyOne',
      'strategy=fedadagrad': 'unit.emptyTenth',
      'strategy=fedadam,fedyogi': 'unit.emptyHundredth',
    },
    when: `strategy=scaffold,fedavgm,${adaptive}`,
  }),
  parameter('groups', '2', [2, 64], { when: 'strategy=ifca' }),
  ...shownWhen('strategy=clustered', [
    parameter('eps1', '0.4', '[0, 1]'),
    parameter('eps2', '0.4', '[0, 1]'),
    parameter('minGroup', '2', [1, 1e6], { unit: 'unit.clients' }),
    parameter('maxGroups', '8', [2, 64], { unit: 'unit.groups' }),
  ]),
];

const rule = [
  title('rule'),
  choice(
    'rule',
    {
      mean: 'option.ruleMean',
      median: 'option.ruleMedian',
      'trimmed-mean': 'option.ruleTrimmedMean',
      krum: 'option.ruleKrum',
      'multi-krum': 'option.ruleMultiKrum',
      bulyan: 'option.ruleBulyan',
      'geometric-median': 'option.ruleGeometricMedian',
      'norm-bound': 'option.ruleNormBound',
      fltrust: 'option.ruleFltrust',
      'centered-clip': 'option.ruleCenteredClip',
      flame: 'option.ruleFlame',
      foolsgold: 'option.ruleFoolsgold',
    },
    { recheck: ['strategy', 'timing', 'quorum', 'ruleF', 'ruleTrim'], icon: 'gavel' },
  ),
  parameter('ruleF', '1', [0, 4096], { when: 'rule=median,trimmed-mean,krum,multi-krum,bulyan', recheck: ['rule'] }),
  parameter('ruleTrim', '20', '(0, 49.999]', { when: 'rule=trimmed-mean' }),
  parameter('ruleKeep', '', [1, 1000000], { when: 'rule=multi-krum' }),
  parameter('ruleBound', '', '(0, 1e12]', { when: 'rule=norm-bound,centered-clip' }),
  choice('ruleAbove', { clip: 'option.ruleClip', zero: 'option.ruleZero' }, { when: 'rule=norm-bound' }),
  choice(
    'ruleWeights',
    { uniform: 'option.ruleUniform', samples: 'option.ruleSamples' },
    { when: 'rule=geometric-median,norm-bound' },
  ),
  parameter('ruleIterations', '', [1, 1000], { when: 'rule=geometric-median,centered-clip' }),
  parameter('ruleNoise', '0.001', '[0, 100]', { when: 'rule=flame' }),
  parameter('ruleKappa', '1', '[0.001, 1000]', { when: 'rule=foolsgold' }),
  ...shownWhen('timing=rounds,late', [
    choice('quarantine', { off: 'option.quarantineOff', on: 'option.quarantineOn' }, { icon: 'ban' }),
    ...shownWhen('quarantine=on', [parameter('quarantineRounds', '1000', [2, 1000000000]), html(quarantined)]),
  ]),
];

const rounds = [
  title('rounds'),
  choice('start', { auto: 'option.startAuto', message: 'option.startMessage' }, { icon: 'play' }),
  number('minClients', '2', [1, 1000000], { unit: 'unit.clients', icon: 'users' }),
  number('rounds', '20', [0, 1000000000], { unit: true, icon: 'repeat' }),
  choice(
    'sampler',
    {
      all: 'option.all',
      random: 'option.random',
      share: 'option.share',
      'round-robin': 'option.roundRobin',
      weighted: 'option.weighted',
      'power-of-choice': 'option.powerOfChoice',
      availability: 'option.availability',
      poisson: 'option.poisson',
    },
    { icon: 'filter' },
  ),
  number('sampleCount', '2', [1, 1000000], { label: false, unit: 'unit.clients', when: someClients }),
  number('samplePercent', '50', '(0, 100]', { label: false, unit: 'unit.percent', when: 'sampler=share' }),
  number('candidates', '4', [1, 1000000], {
    unit: true,
    recheck: ['sampler', 'sampleCount'],
    when: 'sampler=power-of-choice',
  }),
  ...shownWhen('sampler=availability', [
    number('minBattery', '20', '[0, 100]', { unit: 'unit.percentCharge' }),
    number('minBytesPerSecond', '0', '[0, 1e12]', { unit: 'unit.bytesPerSecond' }),
  ]),
  number('probability', '0.5', '(0, 1]', { unit: true, when: 'sampler=poisson' }),
  number('quorum', '2', [1, 1000000], {
    unit: 'unit.updates',
    recheck: ['sampler', 'sampleCount', 'samplePercent', 'minClients'],
    icon: 'check-square-o',
  }),
  number('deadline', '60', '[0.1, 2000000]', { unit: 'unit.seconds', icon: 'hourglass-end' }),
  number('pause', '0', '[0, 2000000]', { unit: 'unit.secondsBetween', icon: 'pause' }),
];

const timing = [
  title('timing'),
  choice(
    'timing',
    { rounds: 'option.timingRounds', late: 'option.timingLate', async: 'option.timingAsync' },
    { recheck: ['strategy', 'sampler'], icon: 'clock-o' },
  ),
  parameter('overSelect', '0', '[0, 10]', { when: `timing=rounds,late&${someClients},share` }),
  ...shownWhen('timing=async', [
    choice('method', keyed('option', 'fedbuff', 'fedasync'), { icon: 'random' }),
    parameter('mixing', '0.6', '(0, 1]', { when: 'method=fedasync' }),
    parameter('bufferSize', '3', [1, 100000], { when: 'method=fedbuff' }),
    parameter('bufferRate', '1', '(0, 1000]', { when: 'method=fedbuff' }),
    parameter('concurrency', '0', [0, 1000000]),
  ]),
  ...shownWhen('timing=late,async', [
    parameter('maxStaleness', '5', [0, 1000]),
    choice(
      'staleness',
      {
        constant: 'option.stalenessConstant',
        polynomial: 'option.stalenessPolynomial',
        hinge: 'option.stalenessHinge',
      },
      { value: 'polynomial', icon: 'level-down' },
    ),
    parameter('stalenessA', '0.5', '[0, 100]', { when: 'staleness=polynomial,hinge' }),
    parameter('stalenessB', '4', '[0, 1000]', { when: 'staleness=hinge' }),
  ]),
  ...shownWhen('timing=rounds,late', [
    choice(
      'sending',
      {
        all: 'option.sendingAll',
        norm: 'option.sendingNorm',
        loss: 'option.sendingLoss',
        periodic: 'option.sendingPeriodic',
      },
      { recheck: ['strategy', 'timing'], icon: 'paper-plane-o' },
    ),
    parameter('sendingThreshold', '0.01', '(0, 1000]', { when: 'sending=norm,loss' }),
    parameter('sendingEvery', '3', [1, 100000], { when: 'sending=periodic' }),
    parameter('sendingPatience', '10', [1, 100000], { when: 'sending=norm,loss' }),
  ]),
];

const secure = [
  title('secure'),
  choice(
    'secure',
    { off: 'option.secureOff', on: 'option.secureOn' },
    {
      recheck: ['strategy', 'rule', 'timing', 'quarantine', 'sending', 'sampler', 'threshold', 'quorum'],
      icon: 'lock',
    },
  ),
  ...shownWhen('secure=on', [
    parameter('secureClip', '1', '(0, 1e6]'),
    parameter('secureMaxSamples', '10000', [1, 1e9]),
    parameter('secureThreshold', '66', '[50, 100)'),
    parameter('secureNeighbours', '', [2, 254]),
    checkbox('secureSigned'),
  ]),
];

const training = [
  title('training'),
  number('epochs', '1', [1, 10000], { unit: true, icon: 'refresh' }),
  number('batchSize', '16', [1, 65536], { unit: 'unit.samples', icon: 'th-large' }),
  choice('optimizer', keyed('option', 'sgd', 'momentum', 'adam'), { icon: 'level-down' }),
  number('momentum', '0.9', '[0, 1)', { when: 'optimizer=momentum' }),
  number('learningRate', '0.05', '(0, 100]', { icon: 'tachometer' }),
  choice('schedule', {
    constant: 'option.scheduleConstant',
    step: 'option.scheduleStep',
    exponential: 'option.scheduleExponential',
    inverse: 'option.scheduleInverse',
  }),
  number('scheduleFactor', '0.9', '(0, 1]', { unit: true, when: 'schedule=step,exponential' }),
  number('scheduleEvery', '10', [1, 1e9], { unit: true, when: 'schedule=step' }),
  number('scheduleDecay', '0.1', '(0, 1e6]', { unit: true, when: 'schedule=inverse' }),
  number('proximal', '0', '[0, 1e6]', {
    unit: true,
    when: `strategy=fedavg,fednova,fedavgm,${adaptive},qfedavg,ifca,clustered`,
    icon: 'link',
  }),
  number('l2', '0', '[0, 100]', { unit: 'unit.none', icon: 'compress' }),
  number('clipNorm', '0', '[0, 1e6]', { unit: 'unit.none', icon: 'scissors' }),
  number('focalGamma', '0', '[0, 100]', { unit: true, icon: 'crosshairs' }),
  choice(
    'classWeighting',
    { typed: 'option.typed', balanced: 'option.balanced', 'effective-number': 'option.effectiveNumber' },
    { icon: 'balance-scale' },
  ),
  number('classWeightBeta', '0.999', '[0, 1)', { unit: true, when: 'classWeighting=effective-number' }),
  number('classWeightCap', '10', '[1, 1e6]', { when: 'classWeighting=balanced,effective-number' }),
  number('countEvery', '0', [0, 1000000], {
    unit: true,
    when: 'classWeighting=balanced,effective-number&timing=rounds,late',
  }),
  text('classWeights', { placeholder: true, when: 'classWeighting=typed' }),
  choice('threshold', { none: 'option.noThreshold', quantile: 'option.quantile' }, { icon: 'bell-o' }),
  number('quantile', '0.995', '(0, 1)', { unit: true, when: 'threshold=quantile' }),
  checkbox('unlikeness'),
  number('seed', '1', [0, 4294967295], { icon: 'random' }),
];

const moved = 'adversarial=fgsm,pgd';
const robustness = [
  title('robustness'),
  choice(
    'adversarial',
    { none: 'option.noAdversarial', fgsm: 'option.fgsm', pgd: 'option.pgd' },
    { recheck: ['strategy'], icon: 'shield' },
  ),
  number('adversarialEpsilon', '0.1', '(0, 1000]', { unit: true, when: moved }),
  number('adversarialSteps', '5', [1, 100], { unit: true, when: 'adversarial=pgd' }),
  number('adversarialShare', '50', '[0, 100]', { unit: true, when: moved }),
  number('lipschitz', '0', '[0, 1000]', { unit: true, icon: 'balance-scale' }),
];

export default [
  name,
  text('federation', { value: 'default', needed: true, icon: 'share-alt' }),
  model,
  ...strategy,
  ...rule,
  ...rounds,
  ...timing,
  ...secure,
  ...training,
  ...robustness,
];
